import Crypto
import Foundation

/// The proof that a server has understood an upgrade (RFC 6455 §4.2.2).
package enum WebSocketHandshake {
    private static let guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key`; `nil` unless the key is the base64 of 16 bytes (§4.2.1).
    package static func accept(key: String) -> String? {
        let bytes = Array(key.utf8)
        guard bytes.count == 24, bytes.suffix(2).elementsEqual("==".utf8),
            bytes.dropLast(2).allSatisfy(alphabet.contains)
        else { return nil }
        var hash = Insecure.SHA1()
        hash.update(data: bytes)
        hash.update(data: Array(guid.utf8))
        return Data(hash.finalize()).base64EncodedString()
    }
}
