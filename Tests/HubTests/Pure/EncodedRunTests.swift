import BrokerCore
import Testing

@testable import Hub

@Suite struct EncodedRunTests {
    /// Messages with holes between their offsets and data of different lengths.
    private let messages = [2, 3, 7, 8, 20].map { (offset: UInt64) in
        Message(
            channel: Truth.name, epoch: .named("e1"), offset: offset, event: .message,
            data: String(repeating: "x", count: Int(offset)), format: .text, time: 0, retain: nil)
    }

    private var run: EncodedRun {
        EncodedRun(messages, after: Position(epoch: .named("e1"), offset: 1), form: LineForm.shared)
    }

    private func offsets(_ segment: Segment) -> [UInt64] {
        var assembler = LineAssembler()
        assembler.append(segment.content)
        #expect(assembler.garbage.isEmpty)
        return assembler.lines.compactMap(\.offset)
    }

    @Test func `any part of a run is whole messages`() {
        let run = run
        for offset in UInt64(0)...21 {
            let indices = run.indices(after: offset)
            #expect(offsets(run.segment(indices)) == messages.map(\.offset).filter { $0 > offset })
            if let last = indices.last { #expect(run.position(last) == messages.last?.position) }
        }
    }

    @Test func `what fits is the longest beginning that has room`() {
        let run = run
        let all = run.indices(after: 0)
        for room in 0...run.bytes.count {
            let some = run.fitting(all, room: room, atLeastOne: false)
            #expect(run.segment(some).count <= room)
            let more = 0..<min(some.count + 1, all.count)
            #expect(some == all || run.segment(more).count > room)
            let one = run.fitting(all, room: room, atLeastOne: true)
            #expect(one.count == max(some.count, 1))
        }
    }

    @Test func `a run of nothing is empty, and nothing fits into anything`() {
        let run = EncodedRun([], after: .origin, form: LineForm.shared)
        #expect(run.isEmpty)
        #expect(run.indices(after: 0).isEmpty)
        #expect(run.fitting(0..<0, room: 10, atLeastOne: true).isEmpty)
        #expect(run.segment(0..<0).count == 0)
    }

    @Test func `a cache encodes once a form, and again when the window has moved on`() {
        var cache = RunCache()
        var view = ChannelView()
        let counting = CountingForm()
        for offset in UInt64(1)...5 {
            let message = Message(
                channel: Truth.name, epoch: .named("e1"), offset: offset, event: .message, data: "d", format: .text,
                time: 0, retain: nil)
            _ = view.announce(Announcement(message: message, conflated: false, closes: false))
        }
        let first = cache.run(of: view, after: Position(epoch: .named("e1"), offset: 1), form: counting)
        #expect(cache.run(of: view, after: Position(epoch: .named("e1"), offset: 3), form: counting) === first)
        #expect(counting.count == 4)
        #expect(cache.run(of: view, after: Position(epoch: .named("e1"), offset: 0), form: counting) !== first)
        #expect(counting.count == 9)
    }
}

/// Counts what it encodes.
private final class CountingForm: WireForm {
    private let encoded = Locked(0)

    var count: Int { encoded.withLock { $0 } }

    func append(_ message: Message, to writer: inout ByteWriter) {
        encoded.withLock { $0 += 1 }
        LineForm.shared.append(message, to: &writer)
    }
}
