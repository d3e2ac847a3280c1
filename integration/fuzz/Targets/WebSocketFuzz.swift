import Gateway

/// A client's side of a WebSocket connection. In whatever pieces it comes, it means the same, and little is held.
enum WebSocketFuzz {
    private static let maximumBytes = 300

    static func run(_ input: UnsafeRawBufferPointer) {
        guard input.count > 1 else { return }
        var whole = WebSocketDecoder(maximumBytes: maximumBytes)
        let expected = events(&whole, UnsafeRawBufferPointer(rebasing: input[1...]))
        var pieced = WebSocketDecoder(maximumBytes: maximumBytes)
        var found: [String] = []
        forEachPiece(of: input) { piece in
            found += events(&pieced, piece)
            precondition(pieced.heldBytes <= 4 * maximumBytes, "more is held than may be sent")
        }
        precondition(found == expected, "pieces mean something else")
        precondition(!expected.dropLast().contains { $0.hasPrefix("end") }, "something follows the end")
    }

    /// What comes of these bytes, as words.
    private static func events(_ decoder: inout WebSocketDecoder, _ bytes: UnsafeRawBufferPointer) -> [String] {
        var copy = Array(bytes)
        return copy.withUnsafeMutableBytes { buffer in
            var (rest, events) = (buffer, [String]())
            while let event = decoder.next(&rest) { events.append(words(event)) }
            precondition(rest.isEmpty, "bytes are left")
            return events
        }
    }

    private static func words(_ event: WebSocketEvent) -> String {
        switch event {
        case .text(let payload): "text \(content(payload))"
        case .binary(let payload): "binary \(content(payload))"
        case .ping(let payload): "ping \(content(payload))"
        case .pong(let payload): "pong \(content(payload))"
        case .close(let code, let reason): "end \(code?.rawValue ?? 0) \(reason)"
        case .failure(let failure): "end \(failure.code.rawValue) \(failure.reason)"
        }
    }

    private static func content(_ payload: WebSocketPayload) -> [UInt8] {
        payload.withUnsafeBytes { bytes in
            precondition(bytes.count <= maximumBytes, "a message above the limit")
            return Array(bytes)
        }
    }
}
