import Foundation
import Testing

@testable import GatewayClient

@Suite struct SpillFileTests {
    private func block(_ line: String) -> LineBlock {
        LineBlock(Array(line.utf8) + [UInt8(ascii: "\n")], missing: line.count)
    }

    @Test func `blocks come back as they were, over the file's end too`() throws {
        var file = SpillFile(capacity: 100)
        var expected: [LineBlock] = []
        for number in 0..<500 {
            let line = block(String(repeating: "é", count: number % 17) + "\(number)")
            while !file.hasRoom(for: line) { #expect(try file.removeFirst() == expected.removeFirst()) }
            try file.append(line)
            expected.append(line)
            #expect(file.bytes <= 100 && file.lines == expected.count)
        }
        while let line = try file.removeFirst() { #expect(line == expected.removeFirst()) }
        #expect(expected.isEmpty && file.isEmpty)
    }

    @Test func `a block without lines is one`() throws {
        var file = SpillFile(capacity: 100)
        try file.append(LineBlock([], missing: 3))
        #expect(try file.removeFirst() == LineBlock([], missing: 3))
        #expect(try file.removeFirst() == nil)
    }

    @Test func `dropping the oldest leaves the others`() throws {
        var file = SpillFile(capacity: 100)
        for line in ["a", "bb", "ccc"] { try file.append(block(line)) }
        #expect(try file.dropFirst() == (1, 1))
        #expect(try file.removeFirst() == block("bb") && file.lines == 1 && file.missing == 3)
    }

    @Test func `nothing is left in the folder, and there is no file before the first line`() throws {
        let folder = NSTemporaryDirectory() + "spill-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var file = SpillFile(capacity: 100, folder: folder)
        try file.append(block("x"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        #expect(try file.removeFirst() == block("x"))
    }

    @Test func `a folder that can't be written to is a failure`() {
        var file = SpillFile(capacity: 100, folder: "/nonexistent")
        #expect(throws: SpillFile.Failure.self) { try file.append(block("x")) }
    }
}
