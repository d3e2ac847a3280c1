/// The hops that proxies say a request has come through, the nearest first: what each proxy has written behind what was
/// there before. Only as many are true as the proxies that wrote them are trusted.
struct ForwardedHops: Sequence, IteratorProtocol {
    /// A hop whose address is not known: hidden on purpose, or written wrongly.
    enum Hop: Hashable {
        case address(IPAddress)
        case unknown
    }

    private enum Form { case forwarded, xForwardedFor }

    private let form: Form
    private var values: [String]
    private var rest: [Substring] = []

    /// - Parameter values: those of `Forwarded` (RFC 7239 §4), in the order of the request.
    init(forwarded values: [String]) {
        form = .forwarded
        self.values = values
    }

    /// - Parameter values: those of `X-Forwarded-For`, in the order of the request.
    init(xForwardedFor values: [String]) {
        form = .xForwardedFor
        self.values = values
    }

    mutating func next() -> Hop? {
        while rest.isEmpty {
            guard let value = values.popLast() else { return nil }
            let elements = form == .forwarded ? Self.split(value[...], at: ",") : value.split(separator: ",")
            rest = elements.filter { !$0.trimmed.isEmpty }
        }
        let element = rest.removeLast()
        switch form {
        case .forwarded: return Self.forwarded(element)
        case .xForwardedFor: return Self.node(element.trimmed)
        }
    }

    /// `for=192.0.2.60;proto=http`: names in any case, values maybe quoted.
    private static func forwarded(_ element: Substring) -> Hop {
        for pair in split(element, at: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].trimmed.lowercased() == "for" else { continue }
            let value = parts[1].trimmed
            let isQuoted = value.count >= 2 && value.first == "\"" && value.last == "\""
            return node(isQuoted ? value.dropFirst().dropLast() : value)
        }
        return .unknown
    }

    /// A node (RFC 7239 §6): an address, IPv6 in brackets, maybe with a port; `unknown` and names that begin with `_` are none.
    private static func node(_ text: Substring) -> Hop {
        if let address = IPAddress(text) { return .address(address) }
        let host: Substring
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]"), isPort(text[text.index(after: end)...]) else { return .unknown }
            host = text[..<end].dropFirst()
        } else {
            guard let colon = text.firstIndex(of: ":"), isPort(text[colon...]) else { return .unknown }
            host = text[..<colon]
        }
        return IPAddress(host).map(Hop.address) ?? .unknown
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty
            || text.first == ":" && text.dropFirst().allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
    }

    /// Separators inside of quotes don't count.
    private static func split(_ text: Substring, at separator: Character) -> [Substring] {
        var isQuoted = false
        return text.split(omittingEmptySubsequences: false) { character in
            if character == "\"" { isQuoted.toggle() }
            return character == separator && !isQuoted
        }
    }
}
