import JSONText

/// A token in its compact form (RFC 7515 §7.1) taken apart; nothing of it is believed yet.
struct CompactToken {
    /// The longest token, in bytes.
    static let maximumBytes = 8 << 10

    let algorithm: String
    let keyID: String?
    /// What the signature is of: header and payload as they were written.
    let signed: [UInt8]
    let payload: [UInt8]
    let signature: [UInt8]

    init(_ token: String) throws(AccessRefusal) {
        guard token.utf8.count <= Self.maximumBytes else { throw .tooLong }
        let bytes = Array(token.utf8)
        let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw .invalid("The access token is neither an API key of this gateway nor a signed JWT.") }
        (algorithm, keyID) = try Self.readHeader(header)
        signed = Array(bytes[..<parts[1].endIndex])
        (self.payload, self.signature) = (payload, signature)
    }

    private static func readHeader(_ header: [UInt8]) throws(AccessRefusal) -> (algorithm: String, keyID: String?) {
        try header.readObject("header") { (object) throws(JSONMemberError) in
            guard let algorithm = try object.string("alg") else {
                throw JSONMemberError(key: "alg", found: "missing", allowed: "the algorithm")
            }
            // Extensions that have to be understood (RFC 7515 §4.1.11): there is none that is.
            guard object["crit"] == nil else {
                throw JSONMemberError(key: "crit", found: "there", allowed: "left out")
            }
            return (algorithm, try object.string("kid"))
        }
    }
}

extension [UInt8] {
    /// Reads a part of a token that is a JSON object. What is wrong with it is said without what stands in it.
    func readObject<Value>(
        _ part: StaticString, _ read: (JSONObject) throws(JSONMemberError) -> Value
    ) throws(AccessRefusal) -> Value {
        let result = withUnsafeBytes { bytes -> Result<Value, AccessRefusal> in
            guard let object = try? JSONObject(bytes) else {
                return .failure(.invalid("The access token's \(part) is not one JSON object without doubled members."))
            }
            do throws(JSONMemberError) {
                return .success(try read(object))
            } catch {
                return .failure(.invalid("The access token's \(part): `\(error.key)` must be \(error.allowed)."))
            }
        }
        return try result.get()
    }
}
