import BrokerCore
import Hub
import MemoryBroker
import Testing

/// What readers see over real sockets, by every sink.
@Suite(.timeLimit(.minutes(1))) struct DeliveryTests {
    private static let numbers: @Sendable (Int) -> [String] = { (1...$0).map(String.init) }

    @Test(arguments: SinkKind.allCases)
    func `a reader sees the backlog, then what comes, once and in order`(kind: SinkKind) async throws {
        try await Gateway.run(kind) { gateway in
            try await gateway.publish(1...50)
            let reader = try await gateway.open(.earliest)
            await reader.wait(messages: 50)
            try await gateway.publish(51...100)
            #expect(await reader.wait(messages: 100) == Self.numbers(100))
            guard case .open(let start, let top, let isComplete) = reader.lines.first else {
                Issue.record("the opening comes first")
                return
            }
            #expect(start.offset == 0 && top == 50 && isComplete)
            #expect(reader.garbage.isEmpty)
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `readers that open while publishers race see everything once and in order`(kind: SinkKind) async throws {
        try await Gateway.run(kind) { gateway in
            let readers: [LineReader] = try await withThrowingTaskGroup(of: LineReader?.self) { group in
                for publisher in 0..<4 {
                    group.addTask {
                        for number in 0..<250 { try await gateway.publish("\(publisher)-\(number)") }
                        return nil
                    }
                }
                for _ in 0..<24 { group.addTask { try await gateway.open(.earliest) } }
                var readers: [LineReader] = []
                while let reader = try await group.next() { readers += reader.map { [$0] } ?? [] }
                return readers
            }
            for reader in readers {
                let messages = await reader.wait(messages: 1_000)
                #expect(reader.lines.compactMap(\.offset) == Array(1...1_000))
                for publisher in 0..<4 {
                    let own = messages.filter { $0.hasPrefix("\(publisher)-") }
                    #expect(own == (0..<250).map { "\(publisher)-\($0)" })
                }
            }
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `a reader goes on from its position, and one that wants the last so many gets those`(kind: SinkKind)
        async throws
    {
        try await Gateway.run(kind) { gateway in
            try await gateway.publish(1...20)
            let position = try await gateway.publish("21")
            try await gateway.publish(22...30)
            let resumed = try await gateway.open(.after(position))
            let last = try await gateway.open(.last(3))
            let latest = try await gateway.open(.latest)
            // Each has its start before the next message: they are on different shards.
            for reader in [last, latest] { await reader.wait { !$0.isEmpty } }
            try await gateway.publish("31")
            #expect(await resumed.wait(messages: 10) == (22...31).map(String.init))
            #expect(await last.wait(messages: 4) == (28...31).map(String.init))
            #expect(await latest.wait(messages: 1) == ["31"])
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `what can not be had is told, never silent`(kind: SinkKind) async throws {
        try await Gateway.run(kind, retention: RetentionPolicy(messages: 5)) { gateway in
            let first = try await gateway.publish("1")
            try await gateway.publish(2...20)
            let trimmed = try await gateway.open(.after(first))
            let elsewhere = Position(epoch: .named("gone"), offset: 3)
            let other = try await gateway.open(.after(elsewhere))
            let above = Position(epoch: first.epoch, offset: 99)
            let future = try await gateway.open(.after(above))
            for (reader, asked, reason) in [
                (trimmed, first, Gap.Reason.trimmed), (other, elsewhere, .epoch), (future, above, .future),
            ] {
                #expect(await reader.wait(messages: 5) == (16...20).map(String.init))
                #expect(reader.lines[1] == .gap(asked: asked, epoch: first.epoch, haveFrom: 16, reason))
            }
            #expect(await gateway.hub.stats().gaps == 3)
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `one connection follows many channels, each in its order`(kind: SinkKind) async throws {
        try await Gateway.run(kind) { gateway in
            let names = (0..<10).map { ChannelName.named("many:\($0)") }
            for name in names { try await gateway.publish("\(name):0", on: name) }
            let reader = try await gateway.open(names.map { ($0, .earliest) })
            for number in 1..<30 {
                for name in names { try await gateway.publish("\(name):\(number)", on: name) }
            }
            let messages = await reader.wait(messages: 300)
            for name in names {
                #expect(messages.filter { $0.hasPrefix("\(name):") } == (0..<30).map { "\(name):\($0)" })
            }
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `closing ends every reader behind the last message, and a late one as well`(kind: SinkKind) async throws {
        try await Gateway.run(kind) { gateway in
            let live = try await gateway.open(.earliest, finishesAtEnd: true)
            await live.wait { !$0.isEmpty }
            try await gateway.publish(1...3)
            let end = try await gateway.publish("4", closes: true)
            let late = try await gateway.open(.earliest, finishesAtEnd: true)
            let finished = try await gateway.open(.after(end), finishesAtEnd: true)
            for reader in [live, late] {
                await reader.waitForClose()
                #expect(reader.messages == Self.numbers(4))
                #expect(reader.lines.last == .end(.closed))
            }
            await finished.waitForClose()
            #expect(finished.messages.isEmpty && finished.lines.last == .end(.closed))
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `deleting ends every reader, and the channel comes back in another epoch`(kind: SinkKind) async throws {
        try await Gateway.run(kind) { gateway in
            let position = try await gateway.publish("1")
            let reader = try await gateway.open(.earliest, finishesAtEnd: true)
            await reader.wait(messages: 1)
            #expect(try await gateway.writer.delete(Truth.name))
            await reader.waitForClose()
            #expect(reader.lines.last == .end(.deleted))
            let next = try await gateway.publish("new")
            #expect(next.epoch != position.epoch)
            let resumed = try await gateway.open(.after(position))
            #expect(await resumed.wait(messages: 1) == ["new"])
            #expect(resumed.lines[1] == .gap(asked: position, epoch: next.epoch, haveFrom: 1, .epoch))
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `who unsubscribes gets nothing more of the channel`(kind: SinkKind) async throws {
        try await Gateway.run(kind) { gateway in
            let reader = try await gateway.open(.earliest)
            try await gateway.publish("1")
            await reader.wait(messages: 1)
            try await reader.send("u")
            await reader.wait { $0.last == .said("u") }
            try await gateway.publish("2")
            // Whatever the first reader were to get would come before a word that is said behind the second's message.
            let second = try await gateway.open(.earliest)
            await second.wait(messages: 2)
            try await reader.send("x")
            await reader.wait { $0.last == .said("x") }
            #expect(reader.messages == ["1"])
        }
    }
}
