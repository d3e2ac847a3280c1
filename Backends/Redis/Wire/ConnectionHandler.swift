import BrokerSupport
import NIOCore

/// The event loop's side of a connection: writes what the inbox holds, gives replies to those who wait, and watches the
/// time. Confined to its event loop.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A write that is larger goes out in pieces of this many bytes, so that its progress can be seen.
    private static let pieceBytes = 256 << 10

    private let endpoint: Endpoint
    private let inbox: CommandInbox
    private let timeout: TimeAmount
    private let isEncrypted: Bool
    private let push: (@Sendable ([Reply]) -> Void)?
    private let promise: EventLoopPromise<RedisError>
    private let reader = ReplyReader()
    private var encoder = CommandEncoder()
    private var underWay = CommandsUnderWay()
    private var context: ChannelHandlerContext?
    /// What the last read has brought for `push`.
    private var pushed: [Reply] = []
    /// Bytes that were given to the connection, and those of them that the system has taken.
    private var writtenBytes: UInt64 = 0
    private var flushedBytes: UInt64 = 0
    /// When something last came, or the oldest commands were on their way out.
    private var lastProgress = NIODeadline.now()
    private var isWatching = false
    private var hasEnded = false
    /// Whether a whole reply has ever come.
    private var hasAnswered = false

    init(
        endpoint: Endpoint, options: RedisOptions, inbox: CommandInbox, push: (@Sendable ([Reply]) -> Void)?,
        on eventLoop: any EventLoop
    ) {
        self.endpoint = endpoint
        self.inbox = inbox
        timeout = TimeAmount(options.commandTimeout)
        isEncrypted = options.tls != nil
        self.push = push
        promise = eventLoop.makePromise()
    }

    /// Succeeds when the connection has ended.
    var ended: EventLoopFuture<RedisError> { promise.futureResult }

    // MARK: Sending

    /// Writes everything that waits in the inbox.
    func drain() {
        guard let context, !hasEnded else { return }
        let submissions = inbox.take()
        guard !submissions.isEmpty else { return }
        if underWay.isEmpty { lastProgress = .now() }
        var buffer = context.channel.allocator.buffer(capacity: submissions.reduce(0) { $0 + $1.size })
        var unanswered = (commands: 0, bytes: 0)
        for submission in submissions {
            for command in submission.commands { encoder.write(command, into: &buffer) }
            underWay.add(submission, end: writtenBytes + UInt64(buffer.readableBytes))
            guard submission.completion == nil else { continue }
            unanswered.commands += submission.commands.count
            unanswered.bytes += submission.size
        }
        write(buffer, unanswered: unanswered, context: context)
        watch(context)
    }

    private func write(_ buffer: ByteBuffer, unanswered: (commands: Int, bytes: Int), context: ChannelHandlerContext) {
        var buffer = buffer
        while let piece = buffer.readSlice(length: min(buffer.readableBytes, Self.pieceBytes)), piece.readableBytes > 0
        {
            writtenBytes += UInt64(piece.readableBytes)
            let end = writtenBytes
            let isLast = buffer.readableBytes == 0
            let flushed = context.eventLoop.makePromise(of: Void.self)
            flushed.futureResult.assumeIsolated().whenSuccess { [self] in
                wasFlushed(to: end)
                guard isLast, unanswered.commands > 0 else { return }
                inbox.release(commands: unanswered.commands, bytes: unanswered.bytes)
            }
            context.write(wrapOutboundOut(piece), promise: flushed)
        }
        context.flush()
    }

    /// The system has taken our bytes so far. That is progress while it concerns the oldest commands; later ones prove
    /// nothing, because a system takes bytes for a server that stands still.
    private func wasFlushed(to end: UInt64) {
        if let firstEnd = underWay.firstEnd, flushedBytes < firstEnd { lastProgress = .now() }
        flushedBytes = end
    }

    // MARK: Time

    /// Keeps one timer while something is under way, however many commands there are.
    private func watch(_ context: ChannelHandlerContext) {
        guard !isWatching, !underWay.isEmpty, !hasEnded else { return }
        isWatching = true
        context.eventLoop.assumeIsolated().scheduleTask(deadline: lastProgress + timeout) { [weak self] in self?.check()
        }
    }

    private func check() {
        isWatching = false
        guard let context, !underWay.isEmpty else { return }
        guard NIODeadline.now() - lastProgress >= timeout else { return watch(context) }
        end(unreachable("it did not answer within \(Duration(timeout).spelled)"))
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasEnded else { return }
        lastProgress = .now()
        let buffer = unwrapInboundIn(data)
        do throws(ReplyReader.Malformed) {
            try buffer.withUnsafeReadableBytes { bytes throws(ReplyReader.Malformed) in try reader.read(bytes, received)
            }
        } catch {
            let isTLS =
                !hasAnswered && buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) == TLSFailure.alertRecord
            end(isTLS ? TLSFailure.spokenByServer(endpoint) : unreachable("it sent no valid reply: \(error.reason)"))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard let push, !pushed.isEmpty else { return }
        let replies = pushed
        pushed.removeAll(keepingCapacity: true)
        push(replies)
    }

    private func received(_ reply: Reply) {
        guard !hasEnded else { return }
        hasAnswered = true
        switch underWay.answer(reply) {
        case .more: break
        case .whole(let answered):
            inbox.release(commands: answered.answers.count, bytes: answered.size)
            answered.completion(answered.answers)
        case .unasked where push != nil: pushed.append(reply)
        case .unasked: end(unreachable(Self.unasked(reply)))
        }
    }

    /// A server that sends without being asked is about to close the connection, and says why.
    private static func unasked(_ reply: Reply) -> String {
        if case .error(let text) = reply { text } else { "it sent a reply that nothing asked for" }
    }

    // MARK: The beginning and the end

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(unreachable("the connection was closed"))
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(unreachable("it closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(ConnectionFailure.of(error, endpoint: endpoint))
    }

    /// Ends the connection; the first reason counts.
    func end(_ error: RedisError) {
        guard !hasEnded else { return }
        hasEnded = true
        let reason = explained(error)
        let waiting = inbox.end(reason)
        underWay.fail(reason)
        for submission in waiting { submission.fail(reason) }
        context?.close(promise: nil)
        promise.succeed(reason)
    }

    /// Two ends that differ about TLS are often silent, or hang up. So this is said of a server that has never
    /// answered.
    private func explained(_ error: RedisError) -> RedisError {
        guard !hasAnswered, case .unreachable(let reason) = error else { return error }
        let hint = isEncrypted ? "does this port speak TLS?" : "if it speaks TLS, the URL begins with rediss"
        return .unreachable(reason: "\(reason) (\(hint))")
    }

    private func unreachable(_ reason: String) -> RedisError {
        .unreachable(reason: "Redis at \(endpoint): \(reason)")
    }
}
