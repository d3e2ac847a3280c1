import BrokerCore

@testable import Hub

/// A sink that takes as much as it is told to.
final class ValveSink: Sink {
    /// Bytes that it still takes.
    var allowance = Int.max
    var assembler = LineAssembler()
    private(set) var isFinished = false
    private(set) var isClosed = false

    func write(_ segments: borrowing SegmentQueue) -> Int? {
        if isClosed { return nil }
        var taken = 0
        let room = allowance
        segments.forEachWhile { segment in
            let part = segment.content.prefix(room - taken)
            assembler.append(part)
            taken += part.count
            return taken < room
        }
        if allowance != .max { allowance -= taken }
        return taken
    }

    func finish() { isFinished = true }
    func close() { isClosed = true }
    var unacknowledgedMilliseconds: UInt32 { 0 }
    func setReading(_: Bool) {}
}

/// A reader of the interleavings: a real session on a valve, and its witness.
final class Reader {
    let session: Session
    let sink = ValveSink()
    private(set) var witness: Witness
    private(set) var isCancelled = false

    init(start: Start, shard: ShardLoop, number: Int) {
        witness = Witness(start: start)
        session = Session(
            handle: SessionHandle(shard: shard.shard, slot: UInt32(number), generation: 0),
            transport: LineTransport([(Truth.name, start)]), shard: shard)
        session.begin(sink)
    }

    /// Takes in what has come since the last time.
    func look(_ truth: Truth) {
        for line in sink.assembler.take() { witness.see(line, truth) }
    }

    func settle(_ truth: Truth) {
        look(truth)
        if !isCancelled { witness.settle(truth) }
    }

    func cancel() {
        isCancelled = true
        _ = session.unsubscribe(Truth.name)
    }

    /// Takes `bytes` more, as a shard does it: first what waits, then what the reader lags behind.
    func take(_ bytes: Int) {
        sink.allowance = bytes
        session.sinkIsReady()
        session.feed()
    }

    var violations: [String] { witness.violations + sink.assembler.garbage.map { "garbage: \($0)" } }
}
