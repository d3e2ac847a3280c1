import BrokerCore
import Glibc
import NIOCore
import NIOPosix

/// A client that reads lines. It can stop, leave, and be waited for.
final class LineReader: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private struct State {
        var assembler = LineAssembler()
        var lines: [Line] = []
        var isClosed = false
        var waiter: (isReached: @Sendable ([Line], Bool) -> Bool, continuation: CheckedContinuation<Void, Never>)?
        var channel: (any Channel)?

        /// Who waited and has what it waited for.
        mutating func ready() -> CheckedContinuation<Void, Never>? {
            guard let waiter, waiter.isReached(lines, isClosed) || isClosed else { return nil }
            return takeWaiter()
        }

        mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
            defer { waiter = nil }
            return waiter?.continuation
        }
    }

    private let state = Locked(State())

    static func connect(_ descriptor: Int32) async throws -> LineReader {
        let reader = LineReader()
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { $0.pipeline.addHandler(reader) }
            .withConnectedSocket(descriptor).get()
        reader.state.withLock { $0.channel = channel }
        return reader
    }

    // MARK: What tests do

    /// All that was read so far.
    var lines: [Line] { state.withLock { $0.lines } }
    var messages: [String] { lines.compactMap { if case .message(_, let data) = $0 { data } else { nil } } }
    var garbage: [String] { state.withLock { $0.assembler.garbage } }

    /// Waits for what is wanted; at the end of the connection for nothing more. One waits at a time.
    @discardableResult
    func wait(until isReached: @escaping @Sendable ([Line]) -> Bool) async -> [Line] {
        await wait { lines, _ in isReached(lines) }
        return lines
    }

    /// Waits for so many messages.
    @discardableResult
    func wait(messages count: Int) async -> [String] {
        await wait { $0.count { $0.offset != nil } >= count }
        return messages
    }

    /// Waits until the connection is closed by the other side.
    func waitForClose() async {
        await wait { (_: [Line], isClosed: Bool) in isClosed }
    }

    private func wait(_ isReached: @escaping @Sendable ([Line], Bool) -> Bool) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    state.waiter = (isReached, continuation)
                    return Task.isCancelled ? state.takeWaiter() : state.ready()
                }?.resume()
            }
        } onCancel: {
            state.withLock { $0.takeWaiter() }?.resume()
        }
    }

    func send(_ text: String) async throws { try await channel?.writeAndFlush(ByteBuffer(string: text)) }
    func stopReading() async throws { try await channel?.setOption(.autoRead, value: false).get() }
    func resumeReading() async throws { try await channel?.setOption(.autoRead, value: true).get() }
    func close() async throws { try await channel?.close() }
    func closeOutput() async throws { try await channel?.close(mode: .output) }

    /// Breaks the connection off: the other side gets a reset.
    func reset() async throws {
        let atOnce = linger(l_onoff: 1, l_linger: 0)
        try await (channel as? any SocketOptionProvider)?.setSoLinger(atOnce).get()
        try await close()
    }

    private var channel: (any Channel)? { state.withLock { $0.channel } }

    // MARK: What the channel does

    func channelRead(context _: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        state.withLock { state in
            state.assembler.append(bytes)
            state.lines += state.assembler.take()
            return state.ready()
        }?.resume()
    }

    func channelInactive(context _: ChannelHandlerContext) {
        state.withLock { state in
            state.isClosed = true
            return state.ready()
        }?.resume()
    }

    func errorCaught(context: ChannelHandlerContext, error _: any Error) { context.close(promise: nil) }
}
