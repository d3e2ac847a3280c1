import Foundation
import GatewayClient

/// Copies what the child writes to our own output at once, and its lines to the outbox.
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
    let outbox: Outbox

    /// Runs until the child has ended and all that it wrote is copied.
    static func run(_ outputs: [RunOutput], of child: RunChild, into outbox: Outbox) async -> RunChild.Ending {
        async let ending = onThread { child.wait() }
        await withTaskGroup(of: Void.self) { group in
            for output in outputs {
                let pump = RunPump(output: output, ended: child.ended, outbox: outbox)
                group.addTask { await onThread { pump.copy() } }
            }
        }
        return await ending
    }

    /// Work that blocks, on a thread of its own.
    private static func onThread<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: work()) }.start()
        }
    }

    private func copy() {
        guard let source = output.readingDescriptor else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceBytes, alignment: 1)
        defer { buffer.deallocate() }
        var assembler = LineAssembler()
        var waiting = PumpWait(source: source, ended: ended)
        while waiting.isReadable(silence: Self.lingerSilence, inAll: Self.lingerInAll) {
            // A pseudo terminal whose last writer is gone fails with EIO: that is its end.
            guard let count = try? Descriptor.read(source, into: buffer), count > 0 else { break }
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            let shown: Void? = try? Descriptor.write(piece, to: output.sink)
            for line in assembler.feed(piece) { outbox.append(event: "log", .text(line)) }
            // Nobody reads our output any more: closing the child's tells it so.
            if shown == nil { break }
        }
        if let line = assembler.finish() { outbox.append(event: "log", .text(line)) }
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
