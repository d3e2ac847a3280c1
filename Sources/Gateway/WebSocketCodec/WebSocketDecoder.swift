import JSONText

/// The server's side of RFC 6455 as a state machine over bytes: frames in, whole messages and control frames out.
///
/// A caller reads from its socket into a buffer that all its connections may share, and pulls events until there are
/// none:
/// ```
/// while let event = decoder.next(&input) { … }
/// ```
/// Payloads are unmasked in place. Memory is held only for a message or control frame that has not arrived in full: it
/// grows with the bytes that did arrive, and never beyond `maximumBytes` + 125 bytes. After a close or a failure all
/// input is ignored.
package struct WebSocketDecoder: Sendable {
    /// The largest message, in bytes, all its fragments together. A larger one fails with 1009 as soon as it is
    /// declared.
    package let maximumBytes: Int

    private enum Step: UInt8 {
        case header, mask, payload, ended
    }

    /// Bytes of the frame's payload that are still to come.
    private var remaining = 0
    private var message: [UInt8] = []
    private var control: [UInt8] = []
    private var header = WebSocketFrameHeader()
    private var mask = WebSocketMask()
    private var maskBytes: UInt8 = 0
    private var step = Step.header
    /// Text or binary, while a message has begun and not ended.
    private var kind: WebSocketOpcode?
    private var utf8 = UTF8Validator()

    package init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// Heap memory held for what has arrived in part, in bytes; 0 while no message or control frame has.
    package var heldBytes: Int { message.capacity + control.capacity }

    /// The next event; `nil` when the input is used up. Takes from the front of `input` what it has read, and
    /// overwrites it.
    package mutating func next(_ input: inout UnsafeMutableRawBufferPointer) -> WebSocketEvent? {
        do {
            return try advance(&input)
        } catch {
            end()
            return .failure(error)
        }
    }

    private mutating func advance(
        _ input: inout UnsafeMutableRawBufferPointer
    ) throws(WebSocketFailure) -> WebSocketEvent? {
        while true {
            switch step {
            case .header:
                guard !input.isEmpty else { return nil }
                if try header.accept(input.takeFirst()) { try beginFrame() }
            case .mask:
                guard !input.isEmpty else { return nil }
                acceptMask(input.takeFirst())
            case .payload:
                if let event = try takePayload(&input) { return event }
                guard step != .payload else { return nil }
            case .ended:
                _ = input.takeFirst(input.count)
                return nil
            }
        }
    }

    private mutating func beginFrame() throws(WebSocketFailure) {
        switch header.opcode {
        case .continuation:
            guard kind != nil else { throw .protocolError("a continuation has nothing to continue") }
        case .text, .binary:
            guard kind == nil else { throw .protocolError("a message begins within another") }
            kind = header.opcode
        case .close, .ping, .pong:
            break
        }
        guard header.opcode.isControl || header.length <= UInt64(maximumBytes - message.count) else {
            throw WebSocketFailure(code: .messageTooBig, reason: "a message may have \(maximumBytes) bytes")
        }
        remaining = Int(header.length)
        step = .mask
    }

    private mutating func acceptMask(_ byte: UInt8) {
        mask.accept(byte)
        maskBytes += 1
        guard maskBytes == 4 else { return }
        maskBytes = 0
        step = .payload
    }

    private mutating func takePayload(
        _ input: inout UnsafeMutableRawBufferPointer
    ) throws(WebSocketFailure) -> WebSocketEvent? {
        let piece = input.takeFirst(min(input.count, remaining))
        mask.apply(to: piece)
        remaining -= piece.count
        if remaining == 0 { step = .header }
        defer { if remaining == 0 { header = WebSocketFrameHeader() } }
        let bytes = UnsafeRawBufferPointer(piece)
        return header.opcode.isControl ? try takeControl(bytes) : try takeData(bytes)
    }

    private mutating func takeData(_ piece: UnsafeRawBufferPointer) throws(WebSocketFailure) -> WebSocketEvent? {
        let ends = remaining == 0 && header.isFinal
        if kind == .text {
            guard utf8.firstInvalid(in: piece) == nil, !ends || utf8.isComplete else {
                throw .invalidPayload("a text is not UTF-8")
            }
        }
        guard let payload = Self.collect(piece, into: &message, ends: ends, maximum: maximumBytes) else {
            return nil
        }
        defer { kind = nil }
        return kind == .text ? .text(payload) : .binary(payload)
    }

    private mutating func takeControl(_ piece: UnsafeRawBufferPointer) throws(WebSocketFailure) -> WebSocketEvent? {
        let maximum = WebSocketFrameHeader.maximumControlBytes
        guard let payload = Self.collect(piece, into: &control, ends: remaining == 0, maximum: maximum) else {
            return nil
        }
        switch header.opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        default: break
        }
        let event = try payload.withUnsafeBytes(Self.close)
        end()
        return event
    }

    /// Adds a piece to what has come of a payload. With the last it gives the whole, which was not copied if it came in
    /// one.
    private static func collect(
        _ piece: UnsafeRawBufferPointer, into buffer: inout [UInt8], ends: Bool, maximum: Int
    ) -> WebSocketPayload? {
        if ends, buffer.isEmpty { return WebSocketPayload(borrowed: piece) }
        let needed = buffer.count + piece.count
        if needed > buffer.capacity {
            buffer.reserveCapacity(min(maximum, max(needed, 2 * buffer.capacity)))
        }
        buffer.append(contentsOf: piece)
        guard ends else { return nil }
        defer { buffer = [] }
        return WebSocketPayload(owned: buffer)
    }

    private static func close(_ payload: UnsafeRawBufferPointer) throws(WebSocketFailure) -> WebSocketEvent {
        guard payload.count >= 2 else { return .close(code: nil, reason: "") }
        let code = WebSocketCloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
        guard code.isAllowedOnTheWire else { throw .protocolError("a close code is not allowed") }
        guard let reason = String(validating: payload[2...], as: UTF8.self) else {
            throw .invalidPayload("a close reason is not UTF-8")
        }
        return .close(code: code, reason: reason)
    }

    private mutating func end() {
        step = .ended
        message = []
        control = []
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Moves the start behind the first `count` bytes, and gives those.
    fileprivate mutating func takeFirst(_ count: Int) -> Self {
        defer { self = Self(rebasing: self[count...]) }
        return Self(rebasing: self[..<count])
    }

    fileprivate mutating func takeFirst() -> UInt8 { takeFirst(1)[0] }
}
