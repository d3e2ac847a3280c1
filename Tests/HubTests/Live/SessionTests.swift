import BrokerCore
import Hub
import MemoryBroker
import NIOCore
import NIOPosix
import Testing

/// How sessions end, and what is left of them.
@Suite(.timeLimit(.minutes(1))) struct SessionTests {
    @Test(arguments: SinkKind.allCases)
    func `a reader that leaves leaves nothing behind, however it goes`(kind: SinkKind) async throws {
        try await Gateway.run(kind) { gateway in
            let readers = try await [
                gateway.open(.earliest), gateway.open(.earliest), gateway.open(.earliest), gateway.open(.earliest),
            ]
            for reader in readers { await reader.wait { !$0.isEmpty } }
            let full = await gateway.hub.stats()
            #expect(full.sessions == 4 && full.subscriptions == 4)
            try await readers[0].close()
            try await readers[1].closeOutput()
            try await readers[2].reset()
            let left = await gateway.stats { $0.sessions == 1 }
            #expect(left.sessions == 1 && left.subscriptions == 1)
            try await gateway.publish("1")
            #expect(await readers[3].wait(messages: 1) == ["1"])
            #expect(await gateway.hub.readers(of: [Truth.name, .named("none")]) == [1, 0])
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `a finished session writes what waits, then closes`(kind: SinkKind) async throws {
        try await Gateway.run(kind) { gateway in
            try await gateway.publish(1...200)
            let reader = try await gateway.open(.earliest)
            await reader.wait(messages: 200)
            try await reader.stopReading()
            for _ in 0..<20 { try await gateway.publish(String(repeating: "x", count: 8_000)) }
            _ = await gateway.stats { $0.delivered >= 220 }
            try await reader.send("f")
            try await reader.resumeReading()
            await reader.waitForClose()
            #expect(reader.messages.count == 220)
            _ = await gateway.stats { $0.sessions == 0 }
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `a finished session does not wait for ever for a peer that keeps its side open`(kind: SinkKind) async throws {
        try await Gateway.run(kind, options: HubOptions(shards: 1, linger: 1)) { gateway in
            let reader = try await gateway.open(.earliest)
            await reader.wait { !$0.isEmpty }
            try await reader.stopReading()
            try await reader.send("f")
            let left = await gateway.stats { $0.sessions == 0 }
            #expect(left.sessions == 0)
        }
    }

    @Test func `a finished session does not end before its last bytes have left the channel`() async throws {
        try await Gateway.run(.channel, options: HubOptions(shards: 1, linger: 1)) { gateway in
            let full = try await gateway.open(.earliest)
            await full.wait { !$0.isEmpty }
            try await full.stopReading()
            let count = try await gateway.fill()
            // What the kernel takes, and most of what the channel is given besides: nothing waits in the session.
            let name = ChannelName.named("other")
            let reader = try await gateway.open([(name, .earliest)])
            await reader.wait { !$0.isEmpty }
            try await reader.stopReading()
            let before = await gateway.hub.stats().delivered
            for _ in 0..<count - 6 { try await gateway.publish(Gateway.part, on: name) }
            _ = await gateway.stats { $0.delivered == before + UInt64(count - 6) }
            try await reader.send("f")
            // For longer than a session lingers that has nothing under way.
            try await Task.sleep(for: .seconds(3))
            #expect(await gateway.hub.stats().sessions == 2)
            try await reader.resumeReading()
            await reader.waitForClose()
            #expect(reader.messages.count == count - 6)
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `a slow reader loses nothing, takes up no more than its bound, and holds nobody up`(kind: SinkKind)
        async throws
    {
        let bound = 64 << 10
        try await Gateway.run(kind, options: HubOptions(shards: 1, sessionBufferBytes: bound)) { gateway in
            let slow = try await gateway.open(.earliest)
            let quick = try await gateway.open(.earliest)
            for reader in [slow, quick] { await reader.wait { !$0.isEmpty } }
            try await slow.stopReading()
            let size = 4_000
            for number in 1...800 { try await gateway.publish("\(number):" + String(repeating: "x", count: size)) }
            await quick.wait(messages: 800)
            let stats = await gateway.hub.stats()
            #expect(stats.lagged > 0)
            // What the slow one was given lies in its session, in the kernel or in the channel.
            let given = (Int(stats.delivered) - 800) * size
            #expect(given < bound + ChannelSink.window + (1 << 20))
            try await slow.resumeReading()
            let messages = await slow.wait(messages: 800)
            #expect(messages.map { $0.prefix { $0 != ":" } } == (1...800).map { "\($0)" })
            #expect(await gateway.hub.stats().gaps == 0)
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `what comes at once is given to a reader only up to its bound`(kind: SinkKind) async throws {
        let bound = 64 << 10
        try await Gateway.run(kind, options: HubOptions(shards: 1, sessionBufferBytes: bound)) { gateway in
            let reader = try await gateway.open(.earliest)
            await reader.wait { !$0.isEmpty }
            try await reader.stopReading()
            let messages = (1...800).map { "\($0):" + String(repeating: "x", count: 4_000) }
            let publications = messages.map { Publication(channel: Truth.name, data: $0) }
            for result in await gateway.writer.publish(publications) { _ = try result.get() }
            let stats = await gateway.stats { $0.lagged > 0 }
            #expect(Int(stats.delivered) * 4_000 < bound + ChannelSink.window + (1 << 20))
            try await reader.resumeReading()
            #expect(await reader.wait(messages: 800) == messages)
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `what readers take in parts arrives whole`(kind: SinkKind) async throws {
        try await Gateway.run(kind, options: HubOptions(shards: 1)) { gateway in
            var readers: [LineReader] = []
            for _ in 0..<8 { readers.append(try await gateway.open(.earliest)) }
            for reader in readers {
                await reader.wait { !$0.isEmpty }
                try await reader.stopReading()
            }
            // More than the kernel keeps for a reader, less than the session does.
            let messages = (0..<10).map { String(repeating: "\($0)", count: 60_000) }
            for message in messages { try await gateway.publish(message) }
            _ = await gateway.stats { $0.delivered == 80 }
            for reader in readers {
                try await reader.resumeReading()
                #expect(await reader.wait(messages: 10) == messages)
                #expect(reader.garbage.isEmpty)
            }
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `a slow reader is told what the log no longer has, and goes on`(kind: SinkKind) async throws {
        let options = HubOptions(shards: 1, sessionBufferBytes: 16 << 10)
        try await Gateway.run(kind, options: options, retention: RetentionPolicy(messages: 20)) { gateway in
            let reader = try await gateway.open(.earliest)
            await reader.wait { !$0.isEmpty }
            try await reader.stopReading()
            for number in 1...3_000 { try await gateway.publish("\(number):" + String(repeating: "x", count: 2_000)) }
            _ = await gateway.stats { $0.lagged > 0 }
            try await reader.resumeReading()
            let lines = await reader.wait { $0.last?.offset == 3_000 }
            var next: UInt64 = 1
            for line in lines {
                if case .gap(_, _, let haveFrom, _) = line { next = max(next, haveFrom) }
                guard let offset = line.offset else { continue }
                #expect(offset == next)
                next = offset + 1
            }
            #expect(lines.contains { if case .gap = $0 { true } else { false } })
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `a message larger than the bound comes through, behind a gap too`(kind: SinkKind) async throws {
        let options = HubOptions(shards: 1, sessionBufferBytes: 1_000)
        try await Gateway.run(kind, options: options, retention: RetentionPolicy(messages: 2)) { gateway in
            let first = try await gateway.publish("1")
            for number in 2...5 { try await gateway.publish("\(number)" + String(repeating: "x", count: 50_000)) }
            let reader = try await gateway.open(.after(first))
            let messages = await reader.wait(messages: 2)
            #expect(messages.map { $0.first } == ["4", "5"])
            #expect(await gateway.hub.stats().gaps == 1)
        }
    }

    @Test(arguments: SinkKind.allCases)
    func `a drain says goodbye to every reader`(kind: SinkKind) async throws {
        try await Gateway.run(kind) { gateway in
            var readers: [LineReader] = []
            for _ in 0..<20 { readers.append(try await gateway.open(.earliest)) }
            for reader in readers { await reader.wait { !$0.isEmpty } }
            await gateway.hub.drain(over: .seconds(2))
            for reader in readers {
                await reader.waitForClose()
                #expect(reader.lines.last == .said("bye"))
            }
            // A client that is slow to close its side is waited for no longer than the drain's own grace.
            #expect(await gateway.stats { $0.sessions == 0 }.sessions == 0)
        }
    }

    @Test func `a hub that has stopped closes every reader, and every one that comes`() async throws {
        let (near, far) = try SocketPair.connected()
        let (late, lateFar) = try SocketPair.connected()
        let readers = try await [LineReader.connect(near), LineReader.connect(late)]
        try await Gateway.run(.socket) { gateway in
            gateway.hub.open(SessionSeed(connection: .socket(far)) { LineTransport([]) })
            _ = await gateway.stats { $0.sessions == 1 }
            await gateway.stop()
            await readers[0].waitForClose()
            gateway.hub.open(SessionSeed(connection: .socket(lateFar)) { LineTransport([]) })
            await readers[1].waitForClose()
        }
    }
}

extension Gateway {
    /// 4 KB.
    fileprivate static let part = String(repeating: "x", count: 4_000)

    /// Publishes ``part`` to a reader that has stopped, until its sink takes no more; says how often.
    fileprivate func fill() async throws -> Int {
        for count in 1... {
            let before = await hub.stats()
            try await publish(Self.part)
            let after = await stats { $0.delivered > before.delivered }
            if after.bytes < before.bytes + UInt64(Self.part.utf8.count) { return count }
            try await letChannelsWrite()
        }
        return 0
    }

    /// Until what the channels were given lies in the kernel, as far as that takes it.
    private func letChannelsWrite() async throws {
        for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() { try await loop.submit {}.get() }
        _ = await hub.stats()
    }
}
