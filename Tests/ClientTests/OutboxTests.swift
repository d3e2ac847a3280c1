import Testing

@testable import GatewayClient

@Suite struct OutboxTests {
    private func text(_ message: OutboundMessage) -> String {
        switch message.content {
        case .line(let text), .progress(let text): text
        }
    }

    private func everything(in outbox: Outbox) async -> [String] {
        var texts: [String] = []
        outbox.finish()
        while let batch = await outbox.next() { texts += batch.map(text) }
        return texts
    }

    @Test func `lines come in order, in batches, and then the end`() async {
        let outbox = Outbox()
        let count = Outbox.batchMessages + 100
        for number in 0..<count { outbox.append(line: "\(number)") }
        outbox.finish()
        let first = await outbox.next() ?? []
        let second = await outbox.next() ?? []
        #expect(first.count == Outbox.batchMessages - 1, "a progress would have its place")
        #expect((first + second).map(text) == (0..<count).map(String.init))
        #expect((first + second).map(\.number) == Array(0..<UInt64(count)))
        #expect(await outbox.next() == nil)
    }

    @Test func `what does not fit the memory comes from the file, in order, also while more is written`() async {
        let outbox = Outbox(memory: 10 * 5)
        for number in 1000..<3000 { outbox.append(line: "\(number)") }
        var texts = (await outbox.next() ?? []).map(text)
        for number in 3000..<4000 { outbox.append(line: "\(number)") }
        texts += await everything(in: outbox)
        #expect(texts == (1000..<4000).map(String.init))
        #expect(outbox.dropped == 0)
    }

    @Test(arguments: [1 << 20, 5 * 11])
    func `past its capacity the oldest are dropped, and a line in their place says how many`(memory: Int) async {
        let outbox = Outbox(capacity: 10 * (11 + SpillFile.headerBytes), memory: memory)
        for number in 10..<90 { outbox.append(line: "line no \(number)") }
        let dropped = outbox.dropped
        let texts = await everything(in: outbox)
        #expect(dropped >= 80 - 10 * (11 + SpillFile.headerBytes) / 11 && dropped <= 70)
        #expect(texts.first?.contains(" \(dropped) lines") == true)
        #expect(Array(texts.dropFirst()) == (10 + dropped..<90).map { "line no \($0)" })
    }

    @Test func `where lines are missing before others a line says so, there and not at the start`() async {
        let outbox = Outbox()
        outbox.append(line: "a")
        outbox.append(LineBlock(Array("d\n".utf8), missing: 2))
        let texts = await everything(in: outbox)
        #expect(texts.count == 3 && texts.first == "a" && texts.last == "d")
        #expect(texts[1].contains(" 2 lines") && outbox.dropped == 2)
    }

    @Test(arguments: [1 << 20, 50, 1])
    func `of blocks of any size, some dropped, every line is either there or counted`(memory: Int) async {
        let outbox = Outbox(capacity: 1500, memory: memory)
        var (written, taken): ([String], [String]) = ([], [])
        for round in 0..<300 {
            let lines = (0..<(round % 13)).map { "\(written.count + $0)" }
            written += lines
            outbox.append(LineBlock(Array(lines.map { $0 + "\n" }.joined().utf8)))
            if round % 90 == 89 { taken += (await outbox.next() ?? []).map(text) }
        }
        taken += await everything(in: outbox)
        let missing = taken.compactMap { $0.hasPrefix("telltale") ? Int($0.split(separator: " ")[1]) : nil }.reduce(
            0, +)
        let numbers = taken.compactMap(Int.init)
        #expect(missing > 0 && missing == outbox.dropped && missing + numbers.count == written.count)
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
        #expect(taken.last == written.last)
    }

    @Test func `where no file can be made the memory is what there is, and nothing fails`() async {
        let outbox = Outbox(memory: 10 * 3, folder: "/nonexistent")
        for number in 10..<40 { outbox.append(line: "\(number)") }
        let texts = await everything(in: outbox)
        #expect(texts.first?.contains("20 lines") == true && outbox.dropped == 20)
        #expect(Array(texts.dropFirst()) == (30..<40).map(String.init))
    }

    @Test func `skipping leaves the line that says what is missing`() async {
        let outbox = Outbox()
        for number in 0..<500 { outbox.append(line: "\(number)") }
        outbox.skip()
        let batch = await outbox.next() ?? []
        #expect(batch.count == 1 && batch.map(text).first?.contains("500 lines") == true)
    }

    @Test func `what was taken is not dropped and needs no room`() async {
        let outbox = Outbox(capacity: 2 * 2)
        outbox.append(line: "s")
        let taken = await outbox.next()
        for _ in 0..<2 { outbox.append(line: "x") }
        #expect(taken?.count == 1 && outbox.dropped == 0)
    }

    @Test func `of progress only the newest comes, and no more often than its pace`() async {
        let outbox = Outbox()
        for percent in 0...50 { outbox.report(progress: "{\"percent\":\(percent)}") }
        let began = ContinuousClock.now
        #expect(await outbox.next()?.map(\.content) == [.progress("{\"percent\":50}")])
        for percent in 51...60 { outbox.report(progress: "{\"percent\":\(percent)}") }
        #expect(await outbox.next()?.map(\.content) == [.progress("{\"percent\":60}")])
        #expect(.now - began >= Outbox.progressPace)
    }

    @Test func `a progress that is not due yet holds no line up, and comes at once at the end`() async {
        let outbox = Outbox()
        outbox.report(progress: "1")
        _ = await outbox.next()
        outbox.report(progress: "2")
        outbox.append(line: "x")
        #expect(await outbox.next()?.map(\.content) == [.line("x")])
        outbox.finish()
        #expect(await outbox.next()?.map(\.content) == [.progress("2")])
        #expect(await outbox.next() == nil)
    }

    @Test func `a waiting consumer wakes for a line, for a nudge, for the end, and for its cancellation`() async {
        let outbox = Outbox()
        async let message = outbox.next()
        outbox.append(line: "x")
        #expect(await message?.count == 1)
        async let nudged = outbox.next()
        outbox.nudge()
        #expect(await nudged?.isEmpty == true)
        let cancelled = Task { await outbox.next() }
        cancelled.cancel()
        #expect(await cancelled.value == nil)
        async let end = outbox.next()
        outbox.finish()
        #expect(await end == nil)
    }

    @Test func `a request is bounded in bytes, but carries at least one line`() async {
        let outbox = Outbox()
        let large = String(repeating: "x", count: Outbox.batchBytes)
        for _ in 0..<2 { outbox.append(line: large) }
        #expect(await outbox.next()?.count == 1)
        #expect(await outbox.next()?.count == 1)
    }
}

extension Outbox {
    /// One line more.
    func append(line: String) {
        append(LineBlock(Array((line + "\n").utf8)))
    }
}
