import Testing

@testable import GatewayClient

@Suite struct ProgressPatternTests {
    @Test(arguments: [
        ("45%", 45), ("[####  ] 12.5 % done", 12.5), ("10% 20% 30%", 30), ("100% of 3 files", 100), ("0%", 0),
        ("\u{1B}[32m 7%\u{1B}[0m", 7),
    ])
    func `a percentage is the last number before a percent sign`(line: String, percent: Double) throws {
        #expect(try ProgressPattern("percent").read(line) == ProgressReading(percent: percent))
    }

    @Test(arguments: ["", "%", "a%", "-5%", "101%", "5 of 10", "1.2.3%"])
    func `what is no percentage says nothing`(line: String) throws {
        #expect(try ProgressPattern("percent").read(line) == nil)
    }

    @Test(arguments: [
        ("3/10", 3, 10), ("[ 3/10] cc -c a.c", 3, 10), ("step 3 / 10: x", 3, 10), ("(0/7)", 0, 7),
        ("1/2 then 2/2", 2, 2), ("Done 3/10.", 3, 10), ("in src/main 4/9", 4, 9),
    ])
    func `a count is the last n of m that stands for itself`(line: String, current: Double, total: Double) throws {
        #expect(try ProgressPattern("count").read(line) == ProgressReading(current: current, total: total))
    }

    @Test(arguments: [
        "", "/", "3/", "/10", "a/b", "2024/01/02", "/usr/3/10", "v3/10", "3/10x", "11/10", "1.3/10", "3/10.5",
    ])
    func `what is no count, or can't be one, says nothing`(line: String) throws {
        #expect(try ProgressPattern("count").read(line) == nil)
    }

    @Test func `an expression gives what its groups are named for`() throws {
        let pattern = try ProgressPattern(#"epoch (?<current>\d+) of (?<total>\d+)(?: \((?<note>.*)\))?"#)
        #expect(pattern.read("epoch 2 of 5") == ProgressReading(current: 2, total: 5))
        #expect(pattern.read("* epoch 3 of 5 (loss 0.1)") == ProgressReading(current: 3, total: 5, note: "loss 0.1"))
        #expect(pattern.read("epoch 6 of 5") == nil)
        #expect(pattern.read("nothing") == nil)
        #expect(try ProgressPattern(#"at (?<percent>.*)"#).read("at nan") == nil)
    }

    @Test(arguments: ["(", #"(\d+)"#, "(?<other>x)", "count?"])
    func `an expression without a group that means something is refused`(text: String) {
        #expect(throws: ProgressPattern.Invalid.self) { try ProgressPattern(text) }
    }

    @Test func `a reading is a JSON object with what it has`() {
        #expect(ProgressReading(current: 3, total: 10).json == #"{"current":3,"total":10}"#)
        #expect(ProgressReading(percent: 12.5, note: "a \"b\"").json == #"{"percent":12.5,"note":"a \"b\""}"#)
        #expect(ProgressReading(note: String(repeating: "x", count: 500)).json.count < 250)
    }
}

@Suite struct OutputPieceTests {
    @Test func `a progress bar's steps end at CR as well as at LF, however the output is cut`() {
        let bytes = Array("1%\r50%\r\n\nx\r".utf8)
        for cut in bytes.indices {
            var segments = OutputSegments()
            let found = segments.feed(bytes[..<cut]) + segments.feed(bytes[cut...])
            #expect(found.map { String(decoding: $0, as: UTF8.self) } == ["1%", "50%", "x"], "cut at \(cut)")
        }
        var segments = OutputSegments()
        #expect(
            segments.feed(Array("rest".utf8)[...]).isEmpty && segments.finish() == Array("rest".utf8)[...]
                && segments.finish() == nil)
    }

    @Test func `the last lines are bounded in number and in size`() {
        var last = LastLines()
        #expect(last.text.isEmpty)
        for number in 0..<100 { last.append(Array("\(number)\n".utf8)) }
        #expect(last.text == (80..<100).map(String.init).joined(separator: "\n"))
        last.append(Array((String(repeating: "x", count: 100_000) + "end\n").utf8))
        #expect(last.text.utf8.count <= LastLines.bytes && last.text.hasSuffix("xend"))
    }
}

extension ProgressPattern {
    fileprivate func read(_ line: String) -> ProgressReading? { read(Array(line.utf8)[...]) }
}
