import Testing

@testable import GatewayClient

@Suite struct OutboxTests {
    private func text(_ message: OutboundMessage) -> String {
        switch message.payload {
        case .text(let data), .json(let data): data
        }
    }

    @Test func `messages come in order, in batches, and then the end`() async {
        let outbox = Outbox()
        for number in 0..<300 { outbox.append(event: "log", .text("\(number)")) }
        outbox.finish()
        let first = await outbox.next() ?? []
        let second = await outbox.next() ?? []
        #expect(first.count == Outbox.batchMessages)
        #expect((first + second).map(text) == (0..<300).map(String.init))
        #expect(await outbox.next() == nil)
    }

    @Test func `past its capacity the oldest are dropped, and a line in their place says how many`() async {
        let outbox = Outbox(capacity: 10 * (Outbox.overhead + 10))
        for number in 10..<40 { outbox.append(event: "log", .text("line no \(number)")) }
        let batch = await outbox.next() ?? []
        #expect(outbox.dropped == 20)
        #expect(batch.map(text).first?.contains("20 lines") == true)
        #expect(batch.dropFirst().map(text) == (30..<40).map { "line no \($0)" })
        #expect(Set(batch.map(\.number)).count == batch.count)
    }

    @Test func `skipping to the last message leaves it, and a line that says what is missing`() async {
        let outbox = Outbox()
        for number in 0..<500 { outbox.append(event: "log", .text("\(number)")) }
        outbox.skipToLast()
        let batch = await outbox.next() ?? []
        #expect(batch.count == 2 && batch.map(text).first?.contains("499 lines") == true)
        #expect(batch.last.map(text) == "499")
    }

    @Test func `what was taken is not dropped and needs no room`() async {
        let outbox = Outbox(capacity: 2 * (Outbox.overhead + 1))
        outbox.append(event: "start", .text("s"))
        let taken = await outbox.next()
        for _ in 0..<2 { outbox.append(event: "log", .text("x")) }
        #expect(taken?.count == 1 && outbox.dropped == 0)
    }

    @Test func `a waiting consumer wakes for a message, for the end, and for its cancellation`() async {
        let outbox = Outbox()
        async let message = outbox.next()
        outbox.append(event: "log", .text("x"))
        #expect(await message?.count == 1)
        let cancelled = Task { await outbox.next() }
        cancelled.cancel()
        #expect(await cancelled.value == nil)
        async let end = outbox.next()
        outbox.finish()
        #expect(await end == nil)
    }

    @Test func `a request is bounded in bytes, but carries at least one message`() async {
        let outbox = Outbox()
        let large = String(repeating: "x", count: Outbox.batchBytes - 10)
        for _ in 0..<2 { outbox.append(event: "log", .text(large)) }
        #expect(await outbox.next()?.count == 1)
        #expect(await outbox.next()?.count == 1)
    }
}
