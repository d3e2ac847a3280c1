import Gateway
import Glibc

/// One client of the echo server, on a thread that may block.
struct EchoConnection: Sendable {
    /// The largest message, in bytes: the largest of the suite's.
    private static let maximumMessageBytes = 16 << 20
    /// The longest request that opens a connection, in bytes.
    private static let maximumRequestBytes = 16 << 10
    /// What is read at once, in bytes.
    private static let inputBytes = 64 << 10

    let descriptor: Int32

    /// Serves the client until it closes, then closes the descriptor.
    func run() {
        defer { close(descriptor) }
        guard let request = readRequest() else { return }
        let deflate = PermessageDeflate(accepting: Self.field("Sec-WebSocket-Extensions", of: request))
        guard let response = Self.accept(request, deflate) else { return }
        if send(Array(response.utf8)) { echo(deflate) }
    }

    /// The request up to its empty line. Read byte by byte, so that frames sent right behind it stay in the socket.
    private func readRequest() -> String? {
        var request: [UInt8] = []
        var byte: UInt8 = 0
        while request.count < Self.maximumRequestBytes, read(descriptor, &byte, 1) == 1 {
            request.append(byte)
            if request.suffix(4) == Array("\r\n\r\n".utf8)[...] { return String(decoding: request, as: UTF8.self) }
        }
        return nil
    }

    /// The response to an upgrade (RFC 6455 §4.2.2), without subprotocol; `nil` without a proper key.
    private static func accept(_ request: String, _ deflate: PermessageDeflate?) -> String? {
        let accept = field("Sec-WebSocket-Key", of: request).flatMap { WebSocketHandshake.accept(key: $0) }
        guard let accept else { return nil }
        let extensions = deflate.map { "Sec-WebSocket-Extensions: \($0.response)\r\n" } ?? ""
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: \(accept)\r\n\(extensions)\r\n"
    }

    /// What a header of the request says.
    private static func field(_ name: String, of request: String) -> String? {
        let start = "\(name.lowercased()):"
        let line = request.split(separator: "\r\n").first { $0.lowercased().hasPrefix(start) }
        return line.map { String($0.dropFirst(start.count).drop { $0 == " " }) }
    }

    /// After a close the client is read to its end all the same: closing with input unread would reset the connection,
    /// and the close frame might be lost.
    private func echo(_ deflate: PermessageDeflate?) {
        var decoder = WebSocketDecoder(
            maximumBytes: Self.maximumMessageBytes, allowsCompression: deflate != nil)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.inputBytes, alignment: 8)
        defer { buffer.deallocate() }
        while case let count = read(descriptor, buffer.baseAddress, buffer.count), count > 0 {
            var input = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            var output: [UInt8] = []
            var ends = false
            while let event = decoder.next(&input) { ends = Self.answer(event, deflate, into: &output) }
            guard send(output) else { return }
            if ends { shutdown(descriptor, Int32(SHUT_WR)) }
        }
    }

    /// Adds the answer to what a client sent; `true` if it is the last.
    private static func answer(
        _ event: WebSocketEvent, _ deflate: PermessageDeflate?, into output: inout [UInt8]
    ) -> Bool {
        switch event {
        case .text(let payload): append(.text, payload, deflate, to: &output)
        case .binary(let payload): append(.binary, payload, deflate, to: &output)
        case .ping(let payload): payload.withUnsafeBytes { WebSocketEncoder.append(.pong, $0, to: &output) }
        case .pong: break
        case .close(let code, _):
            WebSocketEncoder.appendClose(code, to: &output)
            return true
        case .failure(let failure):
            WebSocketEncoder.appendClose(failure.code, reason: failure.reason, to: &output)
            return true
        }
        return false
    }

    private static func append(
        _ opcode: WebSocketOpcode, _ payload: WebSocketPayload, _ deflate: PermessageDeflate?, to output: inout [UInt8]
    ) {
        payload.withUnsafeBytes { bytes in
            guard let deflate else { return WebSocketEncoder.append(opcode, bytes, to: &output) }
            // The suite is here to see compressed messages, small ones too.
            WebSocketEncoder.emitMessage(opcode, bytes, deflate, always: true) { output.append(contentsOf: $0) }
        }
    }

    /// `false`: the client is gone.
    private func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
