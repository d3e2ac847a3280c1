import NIOCore

/// The only handler of a connection that is one too many: says so in plain HTTP/1.1, and closes. No parser, no task, and nothing
/// of the Hub is made for it.
final class RefusedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long the peer may take: closed with unread bytes a connection is reset, and its peer may not see the answer.
    private static let lingering = TimeAmount.seconds(1)

    private let answer: ByteBuffer
    private let hold: Hold?

    /// - Parameter lingers: the place among those who may take their time; `nil`: the connection is closed at once.
    init(_ problem: Problem, lingers hold: Hold?) {
        self.hold = hold
        answer = ByteBuffer(refusal: problem)
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        guard hold != nil else { return context.close(promise: nil) }
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.lingering) { channel.close(promise: nil) }
    }

    func channelRead(context _: ChannelHandlerContext, data _: NIOAny) {}
}
