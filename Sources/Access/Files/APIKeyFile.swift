/// A file with an API key a line; empty lines and those that begin with `#` are left out.
enum APIKeyFile {
    private static let configKey = "auth.api_keys_file"
    /// The most keys: all of them are compared each time.
    private static let mostKeys = 1000
    private static let allowedBytes = 16...512

    static func read(_ path: String) throws(AccessSetupError) -> [String] {
        var keys: [String] = []
        let lines = try FileText.read(path, key: configKey).split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let key = line.last == 0x0D ? line.dropLast() : line
            if key.isEmpty || key.first == UInt8(ascii: "#") { continue }
            guard allowedBytes.contains(key.count), key.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw AccessSetupError(
                    key: configKey, "line \(index + 1) of \(path) is no key: 16 to 512 visible ASCII characters")
            }
            keys.append(String(decoding: key, as: UTF8.self))
        }
        guard keys.count <= mostKeys else {
            throw AccessSetupError(key: configKey, "\(path) holds more than \(mostKeys) keys")
        }
        return keys
    }
}
