import Foundation
import GatewayClient

/// Copies what the child writes to our own output at once, and leaves it with the watcher.
struct RunPump: Sendable {
    /// What is read at once, in bytes, at most: a pipe's usual capacity.
    private static let pieceBytes = 64 << 10
    /// When the command has ended but something that it left behind holds its output open: how long a silence, and how
    /// long in all, is waited for. A `tee` at work has time to finish; a daemon does not keep us.
    private static let lingerSilence = Duration.milliseconds(200)
    private static let lingerInAll = Duration.seconds(3)

    let output: RunOutput
    /// ``RunChild/ended``.
    let ended: Int32
    let watcher: RunWatcher

    /// Begins to copy, on threads that are there when this returns. What is given ends when all is copied.
    static func start(_ outputs: [RunOutput], of child: RunChild, for watcher: RunWatcher) -> [AsyncStream<Never>] {
        outputs.map { output in
            let pump = RunPump(output: output, ended: child.ended, watcher: watcher)
            return AsyncStream { copied in
                Thread {
                    pump.copy()
                    copied.finish()
                }.start()
            }
        }
    }

    /// Returns when the child has ended and all that it wrote is copied.
    static func finish(_ pumps: [AsyncStream<Never>], of child: RunChild) async -> RunChild.Ending {
        let ending = await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: child.wait()) }.start()
        }
        for pump in pumps { for await _ in pump {} }
        return ending
    }

    private func copy() {
        guard let source = output.readingDescriptor else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceBytes, alignment: 1)
        defer { buffer.deallocate() }
        var waiting = PumpWait(source: source, ended: ended)
        while waiting.isReadable(silence: Self.lingerSilence, inAll: Self.lingerInAll) {
            // A pseudo terminal whose last writer is gone fails with EIO: that is its end.
            guard let count = try? Descriptor.read(source, into: buffer), count > 0 else { break }
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            let shown: Void? = try? Descriptor.write(piece, to: output.sink)
            watcher.take(piece, of: output.sink)
            // Nobody reads our output any more: closing the child's tells it so.
            if shown == nil { break }
        }
        output.closeReading()
    }
}

/// Waits for output, and once the command has ended only as long as there is a point in it.
struct PumpWait {
    let source: Int32
    let ended: Int32
    private var endedAt: ContinuousClock.Instant?

    init(source: Int32, ended: Int32) {
        self.source = source
        self.ended = ended
    }

    /// `true`: reading will not block. `false`: nothing more is to be expected.
    mutating func isReadable(silence: Duration, inAll: Duration) -> Bool {
        while true {
            var events = [
                pollfd(fd: source, events: Int16(POLLIN), revents: 0),
                pollfd(fd: endedAt == nil ? ended : -1, events: Int16(POLLIN), revents: 0),
            ]
            let timeout = endedAt == nil ? -1 : Int32(silence / .milliseconds(1))
            let count = poll(&events, 2, timeout)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return false }
            if events[1].revents != 0 { endedAt = .now }
            if let endedAt, .now - endedAt > inAll { return false }
            if events[0].revents != 0 { return true }
        }
    }
}
