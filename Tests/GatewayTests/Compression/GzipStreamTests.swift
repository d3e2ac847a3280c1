import BrokerCore
import Testing

@testable import Gateway
@testable import Hub

/// Streams as gzip, made of pieces that are shared.
@Suite struct GzipStreamTests {
    private let cache = PieceCache.shared

    private func run(_ count: UInt64, bytes: Int, label: String) throws -> EncodedRun {
        let epoch = try #require(Epoch("k3f9"))
        let channel = try ChannelName(label)
        let messages = (1...count).map { offset in
            Message(
                channel: channel, epoch: epoch, offset: offset, event: .message,
                data: String(decoding: Samples.text(bytes: bytes, seed: offset), as: UTF8.self), format: .text,
                time: 0, retain: nil)
        }
        return EncodedRun(messages, after: Position(epoch: epoch, offset: 0), form: EventStreamForm.single)
    }

    private func bytes(_ segments: [Segment]) -> [UInt8] { segments.flatMap(\.copy) }

    private func own(_ text: String) -> SharedBytes {
        var writer = ByteWriter()
        writer.append(text)
        return writer.finish()
    }

    @Test("Whatever pieces a reader gets, what he has at the end is one whole member", arguments: [10, 300, 6_000])
    func anyPieces(_ size: Int) throws {
        let run = try run(100, bytes: size, label: "any")
        for start in [0, 1, 31, 32, 40, 99] {
            let coding = GzipCoding()
            let opening = "event: stream-open\ndata: {}\n\n"
            var sent = coding.begin().copy + coding.encode(own(opening)).copy
            var plain = Array(opening.utf8)
            for indices in [start..<100, 0..<0, 5..<6, 20..<70] {
                sent += bytes(coding.encode(run, indices)) + coding.encode(own(":\n\n")).copy
                plain += run.segment(indices).copy + Array(":\n\n".utf8)
                let soFar = Samples.inflated(Array(sent.dropFirst(GzipCoding.header.count)), windowBits: 15)
                #expect(soFar == plain, "everything is there at once")
            }
            sent += coding.end().copy
            #expect(Samples.gunzipped(sent) == plain)
        }
    }

    @Test func `the checksum of a reader's own bytes is right, however large they are`() {
        for size in [0, 1, 511, 512, 70_000] {
            let text = Samples.noise(bytes: size)
            let coding = GzipCoding()
            let middle = text.withUnsafeBytes { coding.encode($0).copy }
            #expect(Samples.gunzipped(coding.begin().copy + middle + coding.end().copy) == text)
        }
    }

    @Test func `a thousand readers cost one compression`() throws {
        let run = try run(1, bytes: 4_000, label: "once-\(UInt64.random(in: 0...(.max)))")
        let before = cache.count
        let first = GzipCoding().encode(run, 0..<1)
        for _ in 0..<1_000 {
            let segments = GzipCoding().encode(run, 0..<1)
            #expect(segments.map { $0.content.baseAddress } == first.map { $0.content.baseAddress }, "the same bytes")
        }
        #expect(cache.count - before <= 1 + otherTests)
    }

    @Test func `what several shards encode is compressed once`() throws {
        let label = "shards-\(UInt64.random(in: 0...(.max)))"
        let runs = try (0..<4).map { _ in try run(64, bytes: 200, label: label) }
        let segments = runs.map { GzipCoding().encode($0, 0..<64) }
        for other in segments.dropFirst() {
            #expect(other.map { $0.content.baseAddress } == segments[0].map { $0.content.baseAddress })
        }
        #expect(segments[0].count == 2, "32 messages are a piece")
    }

    @Test func `readers who come back to different places share pieces`() throws {
        let run = try run(128, bytes: 200, label: "places")
        let pieces = Set(GzipCoding().encode(run, 0..<128).map { $0.content.baseAddress })
        let later = GzipCoding().encode(run, 40..<128).map { $0.content.baseAddress }
        #expect(later.count { !pieces.contains($0) } == 1, "only the first piece is another")
    }

    @Test func `what is kept with a run is bounded`() throws {
        let run = try run(200, bytes: 100, label: "bounded")
        for start in 0..<200 { _ = GzipCoding().encode(run, start..<200) }
        #expect(GzipRun.of(run).keptBytes <= 3 * run.bytes.count)
    }

    @Test func `the cache forgets what it was not asked for lately`() {
        let cache = PieceCache()
        let contents = (0..<100).map { Samples.text(bytes: 200_000, seed: UInt64($0)) }
        func ask(_ content: [UInt8]) { _ = content.withUnsafeBytes { cache.piece(of: $0) } }
        ask(contents[0])
        ask(contents[0])
        #expect(cache.count == 1)
        for content in contents { ask(content) }
        #expect(cache.count == 100)
        #expect(cache.heldBytes <= 2 * PieceCache.maximumBytes)
        ask(contents[0])
        #expect(cache.count == 101, "it had to go")
    }

    /// Other tests compress at the same time, and count too; none of them compresses a thousand times what is alike.
    private var otherTests: UInt64 { 900 }
}
