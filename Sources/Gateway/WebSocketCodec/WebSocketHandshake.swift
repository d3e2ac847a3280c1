import Crypto
import Foundation

/// The proof that a server has understood an upgrade (RFC 6455 §4.2.2).
package enum WebSocketHandshake {
    private static let guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// The `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key`; `nil` unless the key is the base64 of 16 bytes (§4.2.1).
    package static func accept(key: String) -> String? {
        let bytes = Array(key.utf8)
        guard bytes.count == 24, bytes.suffix(2).elementsEqual("==".utf8),
            bytes.dropLast(2).allSatisfy(isOfBase64)
        else { return nil }
        var hash = Insecure.SHA1()
        hash.update(data: bytes)
        hash.update(data: Array(guid.utf8))
        return Data(hash.finalize()).base64EncodedString()
    }

    private static func isOfBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
