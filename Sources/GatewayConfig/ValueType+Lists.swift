import Glibc

/// Values that are lists: in the file a list of texts, in a variable that list or its texts with commas between.
extension ValueType {
    /// The most entries of a list.
    private static var mostEntries: Int { 1000 }

    private static func list(
        _ range: String, _ form: String, mask: (@Sendable (String) -> String)? = nil,
        accepts: @escaping @Sendable (String) -> Bool
    ) -> ValueType<[String]> {
        ValueType<[String]>(
            decode: { raw in
                guard let texts = texts(raw), texts.count <= mostEntries, texts.allSatisfy(accepts) else { return nil }
                return texts
            },
            literal: { "[" + $0.map { JSONLiteral.string(mask?($0) ?? $0) }.joined(separator: ", ") + "]" },
            range: range, form: form + "; in a variable with commas between", mask: mask)
    }

    private static func texts(_ raw: RawValue) -> [String]? {
        switch raw {
        case .text(let text) where text.hasPrefix("["):
            return (try? JSONParser.parse(Array(text.utf8))).flatMap { texts(.json($0)) }
        case .text(let text):
            return text.split(separator: ",").map { String($0.trimmingPrefix(while: \.isWhitespace)) }
        case .json(.array(let values)):
            var texts: [String] = []
            for value in values {
                guard case .string(let text) = value else { return nil }
                texts.append(text)
            }
            return texts
        case .json: return nil
        }
    }

    /// Origins as browsers write them (RFC 6454 §6.2): scheme, host in lower case, and a port that is not the scheme's own.
    static var origins: ValueType<[String]> {
        list("origins, or `*`", "a list like [\"https://app.example.com\"]") { text in
            text == "*" || text.wholeMatch(of: /[a-z][a-z0-9+.\-]*:\/\/[a-z0-9.\-_\[\]:]+/) != nil
        }
    }

    /// Addresses, or networks by their prefix (RFC 4632 §3.1).
    static var networks: ValueType<[String]> {
        list("addresses or networks", "a list like [\"10.0.0.0/8\", \"::1\"]") { $0.isNetwork }
    }

    /// Texts that are shown to nobody.
    static func secrets(bytes: ClosedRange<Int>) -> ValueType<[String]> {
        let isKey: @Sendable (String) -> Bool = { text in
            bytes.contains(text.utf8.count)
                && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") }
        }
        return list(
            "keys of \(bytes.lowerBound) to \(bytes.upperBound) bytes", "a list of texts without blanks or commas",
            mask: { _ in Secrets.hidden }, accepts: isKey)
    }
}

extension String {
    /// An IPv4 or IPv6 address, with or without the length of a prefix.
    fileprivate var isNetwork: Bool {
        let parts = split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let isIPv6 = parts[0].contains(":")
        let bytes = parts[0].withCString { text in
            var address = in6_addr()
            return inet_pton(isIPv6 ? AF_INET6 : AF_INET, text, &address) == 1
        }
        guard bytes else { return false }
        guard parts.count == 2 else { return true }
        return Int(parts[1]).map { (0...(isIPv6 ? 128 : 32)).contains($0) } ?? false
    }
}
