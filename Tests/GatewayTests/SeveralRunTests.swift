import BrokerCore
import Testing

@testable import Gateway
@testable import Hub

/// What readers of several channels are given of one.
@Suite struct SeveralRunTests {
    private let epoch: Epoch
    private let a: ChannelName
    private let b: ChannelName

    init() throws {
        epoch = try #require(Epoch("k3f9"))
        a = try ChannelName("a")
        b = try ChannelName("b")
    }

    private func run(_ texts: [String]) -> EncodedRun {
        let messages = texts.enumerated().map { index, text in
            Message(
                channel: a, epoch: epoch, offset: UInt64(index + 1), event: .message, data: text, format: .text,
                time: 0,
                retain: nil)
        }
        return EncodedRun(messages, after: position(0), form: EventStreamForm.several)
    }

    private func position(_ offset: UInt64) -> Position { Position(epoch: epoch, offset: offset) }

    private func text(_ run: EncodedRun) -> String {
        run.bytes.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `a thousand readers who stand at the same places share one encoding, and where they stand then`() throws
    {
        let run = run(["x", "y"])
        let first = try #require(SeveralRun.stride(run, 0..<2, on: a, from: [a: position(0), b: position(7)]))
        #expect(text(first.run) == "id: a=k3f9:1&b=k3f9:7\ndata: x\n\nid: a=k3f9:2&b=k3f9:7\ndata: y\n\n")
        #expect(first.end == [a: position(2), b: position(7)])
        for _ in 0..<1_000 {
            let next = try #require(SeveralRun.stride(run, 0..<2, on: a, from: [b: position(7), a: position(0)]))
            #expect(next.run === first.run)
        }
    }

    @Test func `a reader who stands elsewhere, or is given another part, has another id`() throws {
        let run = run(["x", "y"])
        _ = SeveralRun.stride(run, 0..<2, on: a, from: [a: position(0), b: position(7)])
        let elsewhere = try #require(SeveralRun.stride(run, 0..<2, on: a, from: [a: position(0), b: position(8)]))
        #expect(text(elsewhere.run).hasPrefix("id: a=k3f9:1&b=k3f9:8\n"))
        let part = try #require(SeveralRun.stride(run, 1..<2, on: a, from: [a: position(0), b: position(7)]))
        #expect(text(part.run) == "id: a=k3f9:2&b=k3f9:7\ndata: y\n\n")
        #expect(part.run.after == position(1) && part.run.position(0) == position(2))
    }

    @Test func `what is kept is bounded, in number and in bytes`() {
        let run = run(["x"])
        let many = (0..<100).map { SeveralRun.stride(run, 0..<1, on: a, from: [b: position($0)]) }
        #expect(many.count { $0 != nil } == 8)
        let large = self.run([String(repeating: "x", count: 40 << 10)])
        let few = (0..<100).map { SeveralRun.stride(large, 0..<1, on: a, from: [b: position($0)]) }
        #expect(few.count { $0 != nil } == 1)
    }

    @Test func `one run may be to readers of one kind this, and that to others`() throws {
        let run = run(["x"])
        let gzip = GzipRun.of(run)
        let stride = try #require(SeveralRun.stride(run, run.all, on: a, from: [:]))
        #expect(GzipRun.of(run) === gzip)
        #expect(try #require(SeveralRun.stride(run, run.all, on: a, from: [:])).run === stride.run)
    }
}
