import BrokerConformance
import BrokerCore
import Dispatch
import Hub
import MemoryBroker
import Testing

/// What goes wrong between the broker and the Hub, and must not show.
@Suite(.timeLimit(.minutes(1))) struct FaultTests {
    @Test(arguments: SinkKind.allCases)
    func `a broker that fails for a while is asked again`(kind: SinkKind) async throws {
        try await Gateway.run(kind) { gateway in
            try await gateway.publish(1...5)
            gateway.broker.fail(attachments: 2, recoveries: 3)
            let reader = try await gateway.open(.earliest)
            try await gateway.publish(6...10)
            #expect(await reader.wait(messages: 10) == (1...10).map(String.init))
            #expect(gateway.broker.counts.attachments == 3 && gateway.broker.counts.recoveries >= 4)
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `events that overflow are recovered, and every reader sees everything once`(kind: SinkKind) async throws {
        try await Gateway.run(kind, events: BrokerEvents(capacity: 8)) { gateway in
            var readers: [LineReader] = []
            for _ in 0..<4 { readers.append(try await gateway.open(.earliest)) }
            for reader in readers { await reader.wait { !$0.isEmpty } }
            for batch in 0..<20 {
                let publications = (1...50).map { Publication(channel: Truth.name, data: "\(batch * 50 + $0)") }
                _ = await gateway.writer.publish(publications)
            }
            for reader in readers { #expect(await reader.wait(messages: 1_000) == (1...1_000).map(String.init)) }
            #expect(await gateway.hub.stats().gaps == 0)
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `what was published while continuity was lost comes when it is restored`(kind: SinkKind) async throws {
        let events = BrokerEvents()
        try await Gateway.run(kind, events: events) { gateway in
            let reader = try await gateway.open(.earliest)
            try await gateway.publish(1...3)
            await reader.wait(messages: 3)
            await gateway.broker.detach([Truth.name])
            events.send([.continuityLost(.everything)])
            try await gateway.publish(4...6)
            let late = try await gateway.open(.earliest)
            try await gateway.broker.attach([Truth.name])
            events.send([.continuityRestored(.everything)])
            #expect(await reader.wait(messages: 6) == (1...6).map(String.init))
            #expect(await late.wait(messages: 6) == (1...6).map(String.init))
            try await gateway.publish("7")
            #expect(await reader.wait(messages: 7).last == "7")
            #expect(await late.wait(messages: 7).last == "7")
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `a loss of one channel's continuity does not concern another`(kind: SinkKind) async throws {
        let events = BrokerEvents()
        let other = ChannelName.named("other")
        try await Gateway.run(kind, events: events) { gateway in
            let reader = try await gateway.open(.earliest)
            let neighbour = try await gateway.open([(other, .earliest)])
            try await gateway.publish("1")
            try await gateway.publish("a", on: other)
            await reader.wait(messages: 1)
            await neighbour.wait(messages: 1)
            let recoveries = gateway.broker.counts.recoveries
            await gateway.broker.detach([Truth.name])
            events.send([.continuityLost(.channels([Truth.name]))])
            try await gateway.publish("2")
            try await gateway.publish("b", on: other)
            #expect(await neighbour.wait(messages: 2) == ["a", "b"])
            #expect(gateway.broker.counts.recoveries == recoveries)
            try await gateway.broker.attach([Truth.name])
            events.send([.continuityRestored(.channels([Truth.name]))])
            #expect(await reader.wait(messages: 2) == ["1", "2"])
            try await gateway.publish("c", on: other)
            #expect(await neighbour.wait(messages: 3) == ["a", "b", "c"])
            #expect(gateway.broker.counts.recoveries == recoveries + 1)
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `readers that come while the channel's node is down get everything when it is back`(
        kind: SinkKind
    ) async throws {
        try await Gateway.run(kind) { gateway in
            gateway.broker.loseNode()
            try await gateway.publish(1...2)
            let early = try await gateway.open(.earliest)
            _ = await gateway.stats { _ in gateway.broker.counts.attachments == 1 }
            // On the other shard: of a channel that is attached already.
            let late = try await gateway.open(.earliest)
            try await gateway.publish(3...4)
            try await gateway.broker.restoreNode()
            try await gateway.publish(5...6)
            for reader in [early, late] {
                #expect(await reader.wait(messages: 6) == (1...6).map(String.init))
            }
            #expect(await gateway.hub.stats().gaps == 0)
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `a failover that lost messages is a gap`(kind: SinkKind) async throws {
        let events = BrokerEvents()
        try await Gateway.run(kind, events: events) { gateway in
            let last = try await gateway.publish("1")
            let reader = try await gateway.open(.earliest)
            await reader.wait(messages: 1)
            // The channel is gone and back again while nobody listens.
            await gateway.broker.detach([Truth.name])
            events.send([.continuityLost(.everything)])
            #expect(try await gateway.writer.delete(Truth.name))
            let next = try await gateway.publish("new")
            try await gateway.broker.attach([Truth.name])
            events.send([.continuityRestored(.everything)])
            #expect(await reader.wait(messages: 2) == ["1", "new"])
            #expect(reader.lines[2] == .gap(asked: last, epoch: next.epoch, haveFrom: 1, .epoch))
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `a storm of readers costs the broker a handful of reads`(kind: SinkKind) async throws {
        let (count, log) = (kind == .socket ? 2_000 : 500, 300)
        // Three pages and one more read a shard: it is under way for the first reader when the others come.
        let options = HubOptions(shards: 2, pageMessages: 100)
        try await Gateway.run(kind, options: options) { gateway in
            let publications = (1...log).map { Publication(channel: Truth.name, data: "\($0)") }
            let epoch = try #require(await gateway.writer.publish(publications).first).get().position.epoch
            gateway.broker.hold()
            var chance = SplitMix64(seed: 7)
            var connections: [(near: Int32, from: UInt64)] = []
            for _ in 0..<count {
                let from = UInt64(chance.below(log))
                let (near, far) = try SocketPair.connected()
                gateway.hub.open(
                    SessionSeed(connection: try await kind.connection(far)) {
                        LineTransport([(Truth.name, .after(Position(epoch: epoch, offset: from)))])
                    })
                connections.append((near, from))
            }
            _ = await gateway.stats { $0.subscriptions == count }
            gateway.broker.release()
            for (near, from) in connections {
                let reader = try await LineReader.connect(near)
                let lines = await reader.wait { $0.last?.offset == UInt64(log) }
                #expect(lines.compactMap(\.offset).elementsEqual((from + 1)...UInt64(log)))
                try await reader.close()
            }
            #expect(gateway.broker.counts.recoveries <= 10, "\(gateway.broker.counts.recoveries) reads")
        }
    }

    @Test func `a shard that is held up holds up nobody but its own readers`() async throws {
        // Shards have their first session in turn: the reader is on the first, and the second comes to nothing any more.
        try await Gateway.run(.socket) { gateway in
            let reader = try await gateway.open(.earliest)
            await reader.wait { !$0.isEmpty }
            let isReleased = DispatchSemaphore(value: 0)
            gateway.hub.visit { shard in if shard == 1 { isReleased.wait() } }
            defer { isReleased.signal() }
            // More than may be under way to all shards together.
            let (parts, part) = (40, 500)
            for number in 1...parts {
                _ = await gateway.writer.publish((1...part).map { Publication(channel: Truth.name, data: "\($0)") })
                #expect(await reader.wait(messages: number * part).count == number * part)
            }
        }
    }

    @Test func `news wakes who waits for it, and nobody else`() async throws {
        try await Gateway.run(.socket) { gateway in
            let position = try await gateway.publish("1")
            async let woken: Void = gateway.hub.news(of: Truth.name, after: position, within: .seconds(30))
            _ = await gateway.stats { $0.subscriptions == 1 }
            try await gateway.publish("2")
            await woken
            // There is something already; and nothing, until the time is over.
            await gateway.hub.news(of: Truth.name, after: position, within: .seconds(30))
            let end = Position(epoch: position.epoch, offset: 2)
            await gateway.hub.news(of: Truth.name, after: end, within: .milliseconds(20))
            _ = await gateway.stats { $0.sessions == 0 }
        }
    }

    @Test func `a channel without readers is let go of, and comes back whole`() async throws {
        try await Gateway.run(.socket, options: HubOptions(shards: 1, channelRest: 1)) { gateway in
            try await gateway.publish("1")
            let reader = try await gateway.open(.earliest)
            await reader.wait(messages: 1)
            try await reader.close()
            _ = await gateway.stats { $0.sessions == 0 && $0.channels == 0 }
            try await gateway.publish("2")
            let next = try await gateway.open(.earliest)
            #expect(await next.wait(messages: 2) == ["1", "2"])
        }
    }
}
