import Foundation
import GatewayClient
import Synchronization

/// What is seen of the command's output: lines for the outbox, the last of them for its error, its progress.
///
/// Whoever copies the output only leaves its bytes here. What is made of them is made on another thread, so that neither
/// the making nor the disk holds the command up.
final class RunWatcher: Sendable {
    /// What is left here and not yet made into lines, in bytes, at most: some hundredths of a second of the fastest
    /// output. Past it the oldest is lost.
    private static let waitingBytes = 16 << 20

    private struct State {
        var waiting = OutputQueue(capacity: RunWatcher.waitingBytes)
        var finished = false
    }

    let outbox: Outbox
    private let progress: RunProgress?
    private let state = Mutex(State())
    private let some = DispatchSemaphore(value: 0)
    private let done = DispatchSemaphore(value: 0)
    private let last = Mutex(LastLines())

    init(_ outbox: Outbox, progress pattern: ProgressPattern?) {
        self.outbox = outbox
        progress = pattern.map { RunProgress($0, outbox: outbox) }
        Thread { self.watch() }.start()
    }

    /// Takes output of a descriptor; never waits.
    func take(_ output: UnsafeRawBufferPointer, of source: Int32) {
        let wasEmpty = state.withLock { state in
            defer { state.waiting.append(output, of: source) }
            return state.waiting.isEmpty
        }
        if wasEmpty { some.signal() }
    }

    /// The output has ended; gives its last lines.
    func finish() -> String {
        state.withLock { $0.finished = true }
        some.signal()
        done.wait()
        progress?.finish()
        return last.withLock { $0.text }
    }

    private func watch() {
        var assemblers: [Int32: LineAssembler] = [:]
        var finished = false
        while !finished {
            some.wait()
            let pieces = state.withLock { state in
                finished = state.finished
                return state.waiting.takeAll()
            }
            for piece in pieces { watch(piece, &assemblers) }
        }
        for source in assemblers.keys.sorted() { tell(assemblers[source]?.finish() ?? [], missing: 0) }
        done.signal()
    }

    private func watch(_ piece: OutputQueue.Piece, _ assemblers: inout [Int32: LineAssembler]) {
        for (source, midLine) in piece.loss.sources {
            assemblers[source, default: LineAssembler()].lose(midLine: midLine)
        }
        progress?.feed(piece.bytes, of: piece.source)
        let lines = piece.bytes.withUnsafeBytes { assemblers[piece.source, default: LineAssembler()].feed($0) }
        tell(lines, missing: piece.loss.lines)
    }

    private func tell(_ lines: [UInt8], missing: Int) {
        let block = LineBlock(lines, missing: missing)
        guard !block.isEmpty else { return }
        outbox.append(block)
        last.withLock { $0.append(lines) }
    }
}
