import JSONText

/// The server's side of RFC 6455 as a state machine over bytes: frames in, whole messages and control frames out.
///
/// A caller reads from its socket into a buffer that all its connections may share, and pulls events until there are
/// none:
/// ```
/// while let event = decoder.next(&input) { … }
/// ```
/// Payloads are unmasked in place. Memory is held only for a message or control frame that has not arrived in full: it
/// grows with the bytes that did arrive, and never beyond `maximumBytes` + 125 bytes, and an inflate stream for a compressed
/// message. After a close or a failure all input is ignored.
package struct WebSocketDecoder {
    /// The largest message, in bytes, all its fragments together, and inflated. A larger one fails with 1009 as soon as it is
    /// declared, or, compressed, as soon as it has become too large.
    package var maximumBytes: Int { Int(maximum) }

    /// What ``maximumBytes`` may be, in bytes.
    private static let mostBytes = 1 << 30

    private enum Step: UInt8 {
        case header, mask, payload, ended
    }

    // A decoder is held for each connection: lengths are as short as they can be.
    private let maximum: UInt32
    /// Bytes of the frame's payload that are still to come.
    private var remaining: UInt32 = 0
    private var message: [UInt8] = []
    private var control: [UInt8] = []
    /// While a compressed message has begun and not ended.
    private var inflation: MessageInflation?
    private var header: WebSocketFrameHeader
    private var mask = WebSocketMask()
    private var maskBytes: UInt8 = 0
    private var step = Step.header
    /// Text or binary, while a message has begun and not ended.
    private var kind: WebSocketOpcode?
    private var utf8 = UTF8Validator()
    /// Bytes of the message on the wire, its frames declared so far.
    private var wireBytes: UInt32 = 0

    /// - Parameters:
    ///   - maximumBytes: 1 GiB at most.
    ///   - allowsCompression: permessage-deflate was agreed upon.
    package init(maximumBytes: Int, allowsCompression: Bool = false) {
        maximum = UInt32(min(maximumBytes, Self.mostBytes))
        header = WebSocketFrameHeader(allowsCompression: allowsCompression)
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
            wireBytes = 0
            inflation = header.isCompressed ? MessageInflation() : nil
        case .close, .ping, .pong:
            break
        }
        if !header.opcode.isControl { try countWireBytes() }
        remaining = UInt32(header.length)
        step = .mask
    }

    private mutating func countWireBytes() throws(WebSocketFailure) {
        let most =
            inflation == nil ? maximumBytes : MessageInflation.maximumWireBytes(maximumBytes: maximumBytes)
        guard header.length <= UInt64(most - Int(wireBytes)) else { throw .messageTooBig(maximumBytes) }
        wireBytes += UInt32(header.length)
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
        let piece = input.takeFirst(min(input.count, Int(remaining)))
        mask.apply(to: piece)
        remaining -= UInt32(piece.count)
        if remaining == 0 { step = .header }
        defer { if remaining == 0 { header = header.next } }
        let bytes = UnsafeRawBufferPointer(piece)
        return header.opcode.isControl ? try takeControl(bytes) : try takeData(bytes)
    }

    private mutating func takeData(_ piece: UnsafeRawBufferPointer) throws(WebSocketFailure) -> WebSocketEvent? {
        let ends = remaining == 0 && header.isFinal
        if inflation != nil { return try takeCompressed(piece, ends: ends) }
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

    private mutating func takeCompressed(
        _ piece: UnsafeRawBufferPointer, ends: Bool
    ) throws(WebSocketFailure) -> WebSocketEvent? {
        let known = message.count
        let most = maximumBytes
        try inflation?.inflate(piece, into: &message, maximum: most)
        if ends { try inflation?.finish(into: &message, maximum: most) }
        if kind == .text {
            let firstInvalid = message.withUnsafeBytes {
                utf8.firstInvalid(in: UnsafeRawBufferPointer(rebasing: $0[known...]))
            }
            guard firstInvalid == nil, !ends || utf8.isComplete else { throw .invalidPayload("a text is not UTF-8") }
        }
        guard ends else { return nil }
        defer { (kind, message, inflation) = (nil, [], nil) }
        let payload = WebSocketPayload(owned: message)
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
        buffer.append(contentsOf: piece, maximum: maximum)
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
        inflation = nil
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
