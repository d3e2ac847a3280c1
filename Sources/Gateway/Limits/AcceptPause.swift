import Glibc
import Logging
import NIOCore
import NIOPosix

/// What happens when a connection can't be accepted because the process or the system has no descriptor left, or no memory for it:
/// accepting rests for a moment, instead of being tried again and again, and goes on by itself. Those who are served don't
/// notice; those who come wait in the kernel's queue.
///
/// While it rests one descriptor is left free, which is held for that otherwise: libdispatch opens a file of `/proc` now and then to
/// see whether its threads run, and ends the process when it can't.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = Any

    /// How long accepting rests.
    private static let rest = TimeAmount.milliseconds(200)
    /// It is said once in so much time.
    private static let silence = TimeAmount.minutes(1)

    private let logger: Logger
    private var said: NIODeadline?
    private var isResting = false
    /// What is given up while accepting rests; `nil`: it has been.
    private var spare: Int32?

    init(logger: Logger) {
        self.logger = logger
    }

    func handlerAdded(context _: ChannelHandlerContext) { _ = takeSpare() }
    func handlerRemoved(context _: ChannelHandlerContext) { giveSpare() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return context.fireErrorCaught(error) }
        // The peer was gone before it was accepted: the next one may be there.
        guard error.errnoCode != ECONNABORTED else { return }
        say(error)
        guard !isResting else { return }
        isResting = true
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        giveSpare()
        rest(context.channel)
    }

    private func rest(_ channel: any Channel) {
        channel.eventLoop.assumeIsolated().scheduleTask(in: Self.rest) { [weak self] in
            guard let self, channel.isActive else { return }
            guard takeSpare() else { return rest(channel) }
            isResting = false
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }

    private func takeSpare() -> Bool {
        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
        spare = descriptor >= 0 ? descriptor : nil
        return descriptor >= 0
    }

    private func giveSpare() {
        if let spare { close(spare) }
        spare = nil
    }

    private func say(_ error: IOError) {
        let now = NIODeadline.now()
        if let said, now < said + Self.silence { return }
        said = now
        logger.error(
            "connections can't be accepted; those who come wait, and those who are served go on",
            metadata: [
                "reason": "\(String(cString: strerror(error.errnoCode)))", "descriptors": "\(Descriptors.limit)",
            ])
    }
}
