import JWTKit

/// Public keys as PEM (RFC 7468), one after the other.
enum PublicPEM {
    static func read(_ bytes: [UInt8]) -> FoundKeys {
        var found = FoundKeys()
        for (index, block) in PEMBlock.blocks(of: String(decoding: bytes, as: UTF8.self)).enumerated() {
            if index == FoundKeys.mostKeys {
                found.problems.append("it holds more than \(FoundKeys.mostKeys) keys")
                break
            }
            if block.label.hasSuffix("PRIVATE KEY") {
                found.problems.append("it holds a private key: the gateway needs the public one only")
            } else if let material = material(block.text) {
                found.keys.append((nil, material))
            } else {
                found.problems.append(
                    "block \(index + 1), \(block.label), is no public key of RSA (2048 bits or more), P-256 or Ed25519")
            }
        }
        return found
    }

    private static func material(_ pem: String) -> KeyMaterial? {
        if let key = try? Insecure.RSA.PublicKey(pem: pem) { return .rsa(key) }
        if let key = try? ES256PublicKey(pem: pem) { return .es256Public(key) }
        if let key = try? EdDSA.PublicKey(pem: pem) { return .edDSA(key) }
        return nil
    }
}

/// What stands between a BEGIN and its END, these included.
struct PEMBlock {
    let label: String
    let text: String

    static func blocks(of text: String) -> [PEMBlock] {
        var blocks: [PEMBlock] = []
        var open: (label: String, lines: [Substring])?
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("-----BEGIN "), line.hasSuffix("-----") {
                open = (String(line.dropFirst(11).dropLast(5)), [line])
            } else if let label = open?.label {
                open?.lines.append(line)
                guard line == "-----END \(label)-----", let lines = open?.lines else { continue }
                blocks.append(PEMBlock(label: label, text: lines.joined(separator: "\n") + "\n"))
                open = nil
            }
        }
        return blocks
    }
}
