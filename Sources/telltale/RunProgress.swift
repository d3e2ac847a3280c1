import Foundation
import GatewayClient
import Synchronization

/// Reads from the command's output how far it is, on a thread of its own, so that an expression that takes long holds
/// nothing else up.
final class RunProgress: Sendable {
    /// What waits to be read, in bytes, at most: past it the oldest output is not looked at.
    private static let waitingBytes = 256 << 10
    /// The time from one look to the next, in seconds: the outbox takes progress no more often, and the command may
    /// need the processor.
    private static let pace = 0.1
    /// How long the rest is waited for at the command's end, in seconds.
    private static let lastWait = 0.2

    private struct State {
        var waiting = OutputQueue(capacity: RunProgress.waitingBytes)
        var finished = false
    }

    private let pattern: ProgressPattern
    private let outbox: Outbox
    private let state = Mutex(State())
    private let some = DispatchSemaphore(value: 0)
    private let end = DispatchSemaphore(value: 0)
    private let done = DispatchSemaphore(value: 0)

    init(_ pattern: ProgressPattern, outbox: Outbox) {
        self.pattern = pattern
        self.outbox = outbox
        Thread { self.read() }.start()
    }

    /// Takes output of a descriptor; never waits.
    func feed(_ piece: [UInt8], of source: Int32) {
        let wasEmpty = state.withLock { state in
            defer { piece.withUnsafeBytes { state.waiting.append($0, of: source) } }
            return state.waiting.isEmpty
        }
        if wasEmpty { some.signal() }
    }

    /// The output has ended; returns when the rest is read, or that takes too long.
    func finish() {
        state.withLock { state in
            // Ends the lines that have no end.
            for source in [STDOUT_FILENO, STDERR_FILENO] {
                [UInt8(ascii: "\n")].withUnsafeBytes { state.waiting.append($0, of: source) }
            }
            state.finished = true
        }
        some.signal()
        end.signal()
        _ = done.wait(timeout: .now() + Self.lastWait)
    }

    private func read() {
        var segments: [Int32: OutputSegments] = [:]
        var last: String?
        var finished = false
        while !finished {
            some.wait()
            let pieces = state.withLock { state in
                finished = state.finished
                return state.waiting.takeAll()
            }
            let lines = pieces.flatMap { segments[$0.source, default: OutputSegments()].feed($0.bytes[...]) }
            // Of what comes at once only the newest counts.
            if let reading = lines.reversed().lazy.compactMap({ self.pattern.read($0) }).first, reading.json != last {
                outbox.report(progress: reading.json)
                last = reading.json
            }
            if !finished, end.wait(timeout: .now() + Self.pace) == .success { end.signal() }
        }
        done.signal()
    }
}
