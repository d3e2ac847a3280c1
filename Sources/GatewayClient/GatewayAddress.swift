/// Where a gateway is: its scheme, authority and path prefix, and how addresses under it are written.
package struct GatewayAddress: Hashable, Sendable, CustomStringConvertible {
    /// Where `telltale serve` listens when nothing else is said.
    package static let standard = "http://127.0.0.1:8080"
    package static let rule = "an address such as \(standard), http or https, without query"

    /// Without a slash at the end.
    package let root: String

    /// `nil` when `text` breaks ``rule``.
    package init?(_ text: String) {
        guard let scheme = ["http://", "https://"].first(where: text.lowercased().hasPrefix) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let visible = rest.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard let first = rest.first, first != "/", first != ":", visible, !rest.contains(where: { "?#".contains($0) })
        else { return nil }
        let end = text.lastIndex { $0 != "/" } ?? text.startIndex
        root = String(text[...end])
    }

    package var description: String { root }

    /// The address of a channel, where one publishes to it and reads it.
    package func channel(_ name: String, query: [(String, String)] = []) -> String {
        path("/v1/channels/" + Self.escape(name), query: query)
    }

    /// The page on which a person watches a channel.
    package func watch(_ channel: String) -> String {
        path("/", query: [("channel", channel)])
    }

    package func path(_ path: String, query: [(String, String)] = []) -> String {
        let pairs = query.map { "\(Self.escape($0.0))=\(Self.escape($0.1))" }
        return root + path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }

    /// Percent-encodes all but RFC 3986's unreserved characters and `:`, which stands for itself in a path segment
    /// and in a query, and is in most channels' names.
    static func escape(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: ":"):
                escaped.append(byte)
            default:
                escaped += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
