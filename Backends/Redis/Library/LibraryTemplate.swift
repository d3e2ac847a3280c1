import BrokerCore
import Crypto

/// The files of `Lua`, one after the other, with one set of settings in the places of their markers.
struct LibraryTemplate {
    /// The library's name, and what its functions' names begin with.
    let name: String
    /// The functions, as a script.
    let script: String
    /// Of everything that decides what the functions do.
    let digest: String

    init(settings: BrokerSettings, prefix: String, sharded: Bool) {
        name = Self.name(for: prefix)
        let source = Self.files.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
        var values = [
            "name": Self.quote(name), "prefix": Self.quote(prefix),
            "announce": Self.quote(sharded ? "SPUBLISH" : "PUBLISH"),
            "message_bytes": "\(settings.messageBytes)",
            "window": "\(BrokerSettings.idempotencyWindow.wholeMilliseconds)",
            "retention": Self.table(settings.retention), "namespaces": Self.table(settings.namespaces),
            "digest": "",
        ]
        // Of the text without it, and then in the text.
        let undigested = Self.replace(in: source, values)
        digest = String(SHA256.hash(data: Array(undigested.utf8)).hexadecimal.prefix(16))
        values["digest"] = Self.quote(digest)
        script = Self.replace(in: source, values)
    }

    /// Each may use what comes before it.
    private static let files = [
        PackageResources.settings_lua, PackageResources.channel_lua, PackageResources.generation_lua,
        PackageResources.batch_lua, PackageResources.append_lua, PackageResources.recover_lua,
        PackageResources.status_lua, PackageResources.options_lua, PackageResources.validate_lua,
        PackageResources.publish_lua, PackageResources.tasks_lua, PackageResources.functions_lua,
    ]

    /// `NAME` for a prefix `NAME:` of lower-case letters, digits and `_`. The name of any other is made of its letters
    /// and digits, and of 8 digits of its SHA-1: prefixes share no name, though a server takes the names of functions
    /// without regard to case.
    static func name(for prefix: String) -> String {
        if let plain = prefix.wholeMatch(of: /([a-z0-9_]+):/) { return String(plain.1) }
        let words = prefix.utf8.map { byte in
            let isWord =
                "0"..."9" ~= UnicodeScalar(byte) || "A"..."Z" ~= UnicodeScalar(byte)
                || "a"..."z" ~= UnicodeScalar(byte)
            return isWord ? byte : UInt8(ascii: "_")
        }
        let kept = words.reversed().drop { $0 == UInt8(ascii: "_") }.reversed()
        let hash = Insecure.SHA1.hash(data: Array(prefix.utf8)).hexadecimal.prefix(8)
        return "\(kept.isEmpty ? "telltale" : String(decoding: kept, as: UTF8.self))_\(hash)"
    }

    /// Puts the values in the places of their markers, `{{name}}`. One pass: a value that looks like a marker is none.
    private static func replace(in text: String, _ values: [String: String]) -> String {
        let parts = text.split(separator: "{{", omittingEmptySubsequences: false)
        let filled = parts.dropFirst().map { part in
            let halves = part.split(separator: "}}", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, let value = values[String(halves[0])] else { return "{{\(part)" }
            return value + halves[1]
        }
        return String(parts[0]) + filled.joined()
    }

    private static func table(_ namespaces: [String: RetentionPolicy]) -> String {
        let rows = namespaces.sorted { $0.key < $1.key }.map { "  [\(quote($0.key))] = \(table($0.value)),\n" }
        return rows.isEmpty ? "{}" : "{\n\(rows.joined())}"
    }

    private static func table(_ policy: RetentionPolicy) -> String {
        let closed = policy.ttlAfterClose ?? policy.ttl
        return "{ messages = \(max(policy.messages, 0)), bytes = \(max(policy.bytes, 0)), "
            + "ttl = \(policy.ttl.wholeMilliseconds), closed = \(closed.wholeMilliseconds) }"
    }

    /// A Lua string: what is not plain stands as its number.
    private static func quote(_ text: String) -> String {
        let plain = text.utf8.map { byte in
            let isPlain = 0x20...0x7E ~= byte && byte != UInt8(ascii: "'") && byte != UInt8(ascii: "\\")
            return isPlain ? String(UnicodeScalar(byte)) : "\\\(byte < 100 ? "0" : "")\(byte < 10 ? "0" : "")\(byte)"
        }
        return "'\(plain.joined())'"
    }
}
