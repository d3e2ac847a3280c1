import BrokerConformance
import BrokerCore
import Testing

@testable import Hub

@Suite struct BytesTests {
    private func text(_ bytes: SharedBytes) -> String { String(decoding: bytes.bytes, as: UTF8.self) }

    private func copy(_ bytes: SharedBytes) -> [UInt8] { Array(bytes.bytes) }

    private func shared(_ text: String) -> SharedBytes {
        var writer = ByteWriter()
        writer.append(text)
        return writer.finish()
    }

    @Test(arguments: [0, 7, 10, 99, 100, 65_535, 1 << 53, UInt64.max - 1, .max])
    func `a number is written in decimal`(number: UInt64) {
        var writer = ByteWriter()
        writer.append(number)
        #expect(text(writer.finish()) == "\(number)")
    }

    @Test func `a writer grows and keeps what was written`() {
        var writer = ByteWriter(capacity: 1)
        var expected = ""
        for number in 0..<2_000 {
            writer.append(UInt64(number))
            writer.append(", ")
            writer.append(byte: UInt8(ascii: "e"))
            writer.append("ü")
            expected += "\(number), eü"
        }
        #expect(writer.count == expected.utf8.count)
        #expect(text(writer.finish()) == expected)
    }

    @Test func `nothing appended is nothing written`() {
        var writer = ByteWriter()
        writer.append("")
        writer.append(UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(writer.finish().count == 0)
    }

    @Test(arguments: [-3, -1, 0, 1, 5, 5_000])
    func `what is moved stands whole at its new place`(distance: Int) {
        var writer = ByteWriter(capacity: 64)
        writer.append("head....tail and more")
        writer.move(from: 8, by: distance)
        let bytes = copy(writer.finish())
        #expect(bytes.count == 21 + distance)
        #expect(String(decoding: bytes[(8 + distance)...], as: UTF8.self) == "tail and more")
        #expect(
            String(decoding: bytes[..<min(8, 8 + distance)], as: UTF8.self) == "head....".prefix(min(8, 8 + distance)))
    }

    @Test func `a hole that was left is filled later`() {
        var writer = ByteWriter(capacity: 64)
        writer.skip(4)
        writer.append(String(repeating: "x", count: 300))
        "abcd".withContiguousStorage { writer.patch(at: 0, $0) }
        #expect(text(writer.finish()) == "abcd" + String(repeating: "x", count: 300))
    }

    @Test func `a queue gives its bytes in order, whatever is taken at a time`() {
        for seed in 0..<200 {
            var chance = SplitMix64(seed: UInt64(seed))
            var queue = SegmentQueue()
            var expected: [UInt8] = []
            var got: [UInt8] = []
            for number in 0..<300 {
                let piece = shared(String(repeating: "\(number) ", count: chance.below(4)))
                expected += copy(piece)
                queue.append(Segment(piece))
                #expect(queue.bytes == expected.count - got.count)
                if chance.happens(oneIn: 3) { take(chance.below(queue.bytes + 1), of: &queue, into: &got) }
            }
            take(queue.bytes, of: &queue, into: &got)
            #expect(queue.isEmpty && queue.count == 0 && queue.bytes == 0)
            #expect(got == expected)
        }
    }

    private func take(_ count: Int, of queue: inout SegmentQueue, into got: inout [UInt8]) {
        var rest = count
        queue.forEachWhile { segment in
            let part = segment.content.prefix(rest)
            got += part
            rest -= part.count
            return rest > 0
        }
        queue.removeFirst(bytes: count)
    }

    @Test func `a queue shows no more segments than are wanted, and counts them`() {
        var queue = SegmentQueue()
        for number in 0..<5 { queue.append(Segment(shared("\(number)"))) }
        queue.append(Segment(shared("")))
        #expect(queue.count == 5)
        var seen = 0
        queue.forEachWhile { _ in
            seen += 1
            return seen < 3
        }
        #expect(seen == 3)
        queue.removeAll()
        #expect(queue.isEmpty)
    }
}

extension String {
    fileprivate func withContiguousStorage(_ body: (UnsafeRawBufferPointer) -> Void) {
        Array(utf8).withUnsafeBytes(body)
    }
}
