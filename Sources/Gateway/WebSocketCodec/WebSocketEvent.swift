/// What a client's frames amount to.
package enum WebSocketEvent: Sendable {
    /// A whole message of valid UTF-8.
    case text(WebSocketPayload)
    case binary(WebSocketPayload)
    /// To be answered with a pong of the same payload, at most 125 bytes.
    case ping(WebSocketPayload)
    case pong(WebSocketPayload)
    /// The client closes, and expects its code back. Nothing follows.
    case close(code: WebSocketCloseCode?, reason: String)
    /// The client broke the protocol: close with this code. Nothing follows.
    case failure(WebSocketFailure)
}

/// How a client broke the protocol, and the close code that RFC 6455 names for it (1002, 1007 or 1009).
package struct WebSocketFailure: Error, Hashable, Sendable {
    package let code: WebSocketCloseCode
    package let reason: String

    static func protocolError(_ reason: String) -> Self { Self(code: .protocolError, reason: reason) }
    static func invalidPayload(_ reason: String) -> Self { Self(code: .invalidPayload, reason: reason) }
    static func messageTooBig(_ maximumBytes: Int) -> Self {
        Self(code: .messageTooBig, reason: "a message may have \(maximumBytes) bytes")
    }
}

/// The unmasked bytes of a message or control frame.
///
/// Where they arrived in one piece they still lie in the input buffer: use them before it is used again.
// Unchecked because of the borrowed pointer, which whoever owns the input buffer must keep alive, as said above.
package struct WebSocketPayload: @unchecked Sendable {
    private enum Storage {
        case borrowed(UnsafeRawBufferPointer)
        case owned([UInt8])
    }

    private let storage: Storage

    init(borrowed bytes: UnsafeRawBufferPointer) { storage = .borrowed(bytes) }
    init(owned bytes: [UInt8]) { storage = .owned(bytes) }

    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch storage {
        case .borrowed(let bytes):
            return try body(bytes)
        case .owned(let bytes):
            return try bytes.withUnsafeBufferPointer { buffer throws(Failure) in
                try body(UnsafeRawBufferPointer(buffer))
            }
        }
    }
}
