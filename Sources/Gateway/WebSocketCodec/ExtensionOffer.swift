/// One of the extensions that a client offers (RFC 6455 §9.1).
struct ExtensionOffer: Hashable {
    struct Parameter: Hashable {
        let name: String
        let value: String?
    }

    let name: String
    /// In the order of the offer.
    private(set) var parameters: [Parameter] = []

    /// All that a header offers; `nil` if the header is none: nothing of it counts then.
    static func offers(_ header: String) -> [ExtensionOffer]? {
        var scanner = Scanner(header)
        var offers: [ExtensionOffer] = []
        repeat {
            // A list may have empty elements (RFC 9110 §5.6.1.2).
            scanner.skipSpace()
            if scanner.isAtEnd || scanner.next == UInt8(ascii: ",") { continue }
            guard var offer = scanner.token().map({ ExtensionOffer(name: $0) }) else { return nil }
            while scanner.take(UInt8(ascii: ";")) {
                guard let parameter = scanner.parameter() else { return nil }
                offer.parameters.append(parameter)
            }
            offers.append(offer)
        } while scanner.take(UInt8(ascii: ","))
        return scanner.isAtEnd ? offers : nil
    }
}

extension ExtensionOffer {
    /// Reads a header from the front.
    private struct Scanner {
        private var rest: Substring.UTF8View

        init(_ header: String) { rest = Substring(header).utf8 }

        var next: UInt8? { rest.first }
        var isAtEnd: Bool { rest.isEmpty }

        mutating func skipSpace() {
            rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        }

        /// Takes the byte, with the space before it and behind it.
        mutating func take(_ byte: UInt8) -> Bool {
            skipSpace()
            guard rest.first == byte else { return false }
            rest = rest.dropFirst()
            skipSpace()
            return true
        }

        mutating func token() -> String? {
            let token = rest.prefix(while: Self.isTokenByte)
            rest = rest[token.endIndex...]
            return token.isEmpty ? nil : String(Substring(token)).lowercased()
        }

        mutating func parameter() -> Parameter? {
            guard let name = token() else { return nil }
            guard take(UInt8(ascii: "=")) else { return Parameter(name: name, value: nil) }
            return value().map { Parameter(name: name, value: $0) }
        }

        /// A token, quoted or not: what it is unquoted has to be one (RFC 6455 §9.1).
        private mutating func value() -> String? {
            guard rest.first == UInt8(ascii: "\"") else { return token() }
            rest = rest.dropFirst()
            guard let value = token(), rest.first == UInt8(ascii: "\"") else { return nil }
            rest = rest.dropFirst()
            return value
        }

        /// RFC 9110 §5.6.2.
        private static func isTokenByte(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
    }
}
