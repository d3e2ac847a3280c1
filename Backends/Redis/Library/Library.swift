import BrokerCore
import Crypto

/// What the gateway asks of a server's functions, and how it reads their answers.
///
/// The functions are rendered from `Lua` with the settings baked in, so that a native producer's publication and
/// the gateway's are the same step under the same settings. Their names derive from the prefix: gateways with different
/// prefixes share a server without touching one another.
struct Library: Hashable, Sendable {
    /// How a server runs the functions.
    enum Mode: Hashable, Sendable {
        /// As a function library: Redis 7 and later, and Valkey.
        case functions
        /// As one script for all of them: Redis 6.2.
        case script
    }

    /// What every key and every announcement's channel begins with.
    let prefix: String
    /// The library's name, and what its functions' names begin with (`telltale` for `telltale:`).
    let name: String
    /// What identifies the text, with its settings: `version` answers with it.
    let digest: String
    /// The functions, for `FUNCTION LOAD`.
    let text: String
    /// The same functions, for `SCRIPT LOAD`, and the name under which the server then knows them.
    let script: String
    let scriptDigest: String

    /// - Parameter sharded: announce by `SPUBLISH`: in a cluster of Redis 7 and later.
    init(settings: BrokerSettings, prefix: String, sharded: Bool) {
        let template = LibraryTemplate(settings: settings, prefix: prefix, sharded: sharded)
        self.prefix = prefix
        name = template.name
        digest = template.digest
        script = template.script
        text = "#!lua name=\(template.name)\n\(template.script)"
        scriptDigest = Insecure.SHA1.hash(data: Array(template.script.utf8)).hexadecimal
    }
}

// MARK: - Keys

extension Library {
    /// The key that holds the channel, which is also the name under which it is announced. The braces make it the key's
    /// hash tag, so that the channel's bare name falls in the same slot of a cluster.
    func key(of channel: ChannelName) -> String { "\(prefix){\(channel.rawValue)}" }

    /// The channel that a key holds; `nil` for a key that is none of ours.
    func channel(ofKey key: some StringProtocol) -> ChannelName? {
        guard key.utf8.starts(with: prefix.utf8) else { return nil }
        let rest = String(key).utf8.dropFirst(prefix.utf8.count)
        guard rest.count >= 2, rest.first == UInt8(ascii: "{"), rest.last == UInt8(ascii: "}") else { return nil }
        return String(rest.dropFirst().dropLast()).flatMap { try? ChannelName($0) }
    }

    /// The key of the tasks' registry: no channel's, since it ends otherwise.
    var registryKey: String { "\(prefix){tasks}:registry" }

    /// The pattern that `SCAN` finds all keys with: every channel's, and those that begin with one.
    var keyPattern: String { "\(Self.escapedForGlob(prefix)){*}*" }

    /// Text as a pattern of the server's that matches that text alone.
    static func escapedForGlob(_ text: String) -> String {
        text.reduce(into: "") { pattern, character in
            if "*?[]\\^-".contains(character) { pattern.append("\\") }
            pattern.append(character)
        }
    }
}

// MARK: - Loading

extension Library {
    /// Puts the functions on a server. In a cluster on every primary; a replica gets them from its primary.
    func load(in mode: Mode) -> Command {
        switch mode {
        case .functions: Command("FUNCTION", "LOAD", "REPLACE", text)
        case .script: Command("SCRIPT", "LOAD", script)
        }
    }

    /// Asks for the ``digest`` of the functions that a server has; refused with an error that ``isMissing(_:)`` when it
    /// has none.
    func version(in mode: Mode) -> Command {
        Call(library: self, function: "version", key: nil, arguments: []).command(in: mode)
    }

    /// Whether a server's error says that it does not have the functions (any more): load them, and repeat.
    static func isMissing(_ error: String) -> Bool {
        error.hasPrefix("NOSCRIPT") || error.hasPrefix("ERR Function not found")
    }
}

/// One call of a function, on one key. It may be repeated: nothing in it depends on the server that it goes to.
struct Call: Hashable, Sendable {
    let library: Library
    /// The function's name, without the library's.
    let function: String
    let key: String?
    let arguments: [String]

    func command(in mode: Library.Mode) -> Command {
        var words: [String]
        switch mode {
        case .functions: words = ["FCALL", "\(library.name)_\(function)"]
        case .script: words = ["EVALSHA", library.scriptDigest]
        }
        words.reserveCapacity(arguments.count + 5)
        if let key { words += ["1", key] } else { words += ["0"] }
        if mode == .script { words.append(function) }
        return Command(words + arguments)
    }
}

extension Digest {
    var hexadecimal: String {
        map { byte in (byte < 0x10 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
