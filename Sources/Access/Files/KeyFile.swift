/// The file of keys that tokens are verified with: a JWKS document, or public keys as PEM.
enum KeyFile {
    static let configKey = "auth.keys_file"

    static func read(_ path: String) async throws(AccessSetupError) -> [VerificationKey] {
        let bytes = try FileText.read(path, key: configKey)
        let found = bytes.first { !$0.isSpace } == UInt8(ascii: "{") ? JWKSDocument.read(bytes) : PublicPEM.read(bytes)
        if let problem = found.problems.first { throw AccessSetupError(key: configKey, "\(path): \(problem)") }
        guard !found.keys.isEmpty else {
            throw AccessSetupError(key: configKey, "\(path) holds no key for \(KeyAlgorithm.names)")
        }
        return await found.verificationKeys()
    }
}

/// Keys as they were found somewhere, and a line for each that is broken.
struct FoundKeys: Sendable {
    /// The most keys that are looked at: a token without `kid` is tried with all of them.
    static let mostKeys = 100

    var keys: [(id: String?, material: KeyMaterial)] = []
    var problems: [String] = []

    func verificationKeys() async -> [VerificationKey] {
        var ready: [VerificationKey] = []
        for key in keys {
            if let key = await key.material.verificationKey(id: key.id) { ready.append(key) }
        }
        return ready
    }
}

extension UInt8 {
    fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
