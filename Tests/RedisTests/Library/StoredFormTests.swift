import BrokerCore
import RealServers
import Testing

@testable import RedisBroker

@Suite(.timeLimit(.minutes(1))) struct StoredFormTests {
    @Test(arguments: [false, true])
    func `thousands in one call, and thousands to trim or to retain, are no more than Lua can take`(
        _ asScript: Bool
    ) async throws {
        let few = RetentionPolicy(messages: 3)
        try await FunctionsUnderTest.run(
            BrokerSettings(retention: .init(messages: 5_000), namespaces: ["few": few]), asScript: asScript
        ) {
            under in
            let channel = try ChannelName("many")
            let key = try (0..<1_500).map { try RetainKey("k\($0)") }
            _ = try await under.publish((0..<2_500).map { Publication(channel: channel, data: "\($0)") })
            _ = try await under.publish(key.map { Publication(channel: channel, data: "", keeping: .conflated($0)) })
            let whole = try await under.recover(channel)
            #expect(whole.messages.map(\.offset) == Array(1...4_000) && whole.reachesTop)
            #expect(try await under.status(channel)?.retained.count == 1_500)
            // The same key under a policy that keeps less, as when the settings have changed.
            let less = Library(settings: BrokerSettings(retention: few), prefix: "telltale:", sharded: false)
            _ = try await under.connection.send([less.load(in: under.mode)])[0].get()
            let call = less.append([Publication(channel: channel, data: "new")], to: channel)
            _ = try await under.connection.send([call.command(in: under.mode)])[0].get()
            let rest = try await under.recover(channel, from: .after(.origin))
            #expect(rest.trimmed == 2_498 && rest.gap?.haveFrom == 2_499)
            #expect(rest.messages.map(\.offset) == Array(2_499...4_001))
        }
    }

    @Test func `a channel lives for its ttl, and a closed one for the ttl after close`() async throws {
        let policy = RetentionPolicy(ttl: .seconds(1_000), ttlAfterClose: .seconds(100))
        try await FunctionsUnderTest.run(BrokerSettings(retention: policy)) { under in
            let channel = try ChannelName("c")
            func life() async throws -> Int64 {
                try await under.connection.send("PTTL", under.library.key(of: channel)).get().integer ?? -3
            }
            try await under.publish(channel, "x")
            #expect(900_000...1_000_000 ~= (try await life()))
            _ = try await under.publish([Publication(channel: channel, data: "end", closes: true)])
            #expect(90_000...100_000 ~= (try await life()))
            #expect(try await under.summary(channel)?.closed == true)
            _ = try await under.publish([Publication(channel: channel, data: "again", fence: 1)])
            #expect(900_000...1_000_000 ~= (try await life()))
            #expect(try await under.summary(channel)?.closed == false)
        }
    }

    private static let foreign: [[String]] = [
        ["SET", "K", "x"], ["RPUSH", "K", "x"], ["HSET", "K", "name", "x"], ["HSET", "K", "e", "k3f9"],
        ["HSET", "K", "e", "k3f9", "t", "many", "b", "0", "lo", "1", "hi", "0"], ["XADD", "K", "*", "a", "b"],
    ]

    @Test(arguments: [false, true])
    func `a key that is no channel is named, and left as it is`(_ asScript: Bool) async throws {
        try await FunctionsUnderTest.run(asScript: asScript) { under in
            let channel = try ChannelName("c")
            let key = under.library.key(of: channel)
            let calls = [
                under.library.append([Publication(channel: channel, data: "x")], to: channel),
                under.library.recover(channel, from: .earliest, limit: .unlimited), under.library.inspect(channel),
                under.library.delete(channel),
            ]
            for words in Self.foreign {
                _ = try await under.connection.send([Command("DEL", key), Command(words.map { $0 == "K" ? key : $0 })])[
                    1
                ].get()
                let before = try await under.server.cli("DUMP", key)
                for answer in await under.connection.send(calls.map { $0.command(in: under.mode) }) {
                    guard case .failure(.refused(let error)) = answer else {
                        Issue.record("\(words) was taken for a channel: \(answer)")
                        continue
                    }
                    #expect(error.hasPrefix("NOTACHANNEL the key \(key) is no channel"), "\(words): \(error)")
                }
                #expect(await under.native("c", "x").hasPrefix("NOTACHANNEL the key \(key) is no channel"))
                #expect(try await under.server.cli("DUMP", key) == before)
            }
            #expect(try await under.connection.send("DBSIZE").get() == .integer(1))
        }
    }

    @Test(arguments: ["1", "2", "k:state", "K1"])
    func `a channel that someone has damaged is named, not misread`(_ field: String) async throws {
        try await FunctionsUnderTest.run(BrokerSettings(retention: .init(messages: 2))) { under in
            let channel = try ChannelName("c")
            let key = under.library.key(of: channel)
            let retained = Keeping.loggedAndRetained(try RetainKey("state"))
            _ = try await under.publish([
                Publication(channel: channel, data: "1", keeping: retained), Publication(channel: channel, data: "2"),
            ])
            _ = try await under.connection.send("HDEL", key, field).get()
            let answer = await under.connection.send([
                under.library.recover(channel, from: .earliest, limit: .unlimited).command(in: .functions)
            ])[0]
            #expect(
                answer
                    == .failure(.refused("NOTACHANNEL the key \(key) is no channel: something else has written there")))
            #expect(try await under.delete(channel))
        }
    }

    @Test(arguments: [false, true])
    func `without memory nothing is published and nothing changed, and deleting goes on`(_ asScript: Bool) async throws
    {
        try await FunctionsUnderTest.run(BrokerSettings(retention: .init(messages: 2)), asScript: asScript) { under in
            let channel = try ChannelName("c")
            for data in ["1", "2", "3"] { try await under.publish(channel, data) }
            let before = (try await under.status(channel), try await under.recover(channel))
            _ = try await under.connection.send("CONFIG", "SET", "maxmemory", "1").get()
            let append = under.library.append([Publication(channel: channel, data: "4", fence: 1)], to: channel)
            let answer = await under.connection.send([append.command(in: under.mode)])[0]
            guard case .failure(.refused(let error)) = answer else {
                Issue.record("published without memory: \(answer)")
                return
            }
            #expect(error.hasPrefix("OOM command not allowed"))
            #expect(try await under.status(channel) == before.0)
            #expect(try await under.recover(channel) == before.1)
            #expect(try await under.delete(channel))
            #expect(try await !under.delete(channel))
        }
    }

    @Test func `idempotency keys are forgotten when their time is over, a few at a time`() async throws {
        try await FunctionsUnderTest.run { under in
            let channel = try ChannelName("c")
            let key = under.library.key(of: channel)
            func once(_ name: String) throws -> Publication {
                Publication(channel: channel, data: name, idempotencyKey: try IdempotencyKey(name))
            }
            let old = try (1...30).map { try once("old-\($0)") }
            _ = try await under.publish(old)
            // Six minutes pass.
            for number in 1...30 {
                let time = "\(Int64(try await under.recover(channel, from: .last(1)).messages[0].time) - 360_000)"
                _ = try await under.connection.send(
                    "HSET", key, "i:old-\(number)", "\(number) \(time)", "J\(number)", "\(time) old-\(number)"
                ).get()
            }
            #expect(try await under.publish([old[29]])[0].get().position.offset == 31)
            #expect(try await under.publish([old[29]])[0].get().duplicate)
            var left = [Int]()
            for number in 1...5 {
                _ = try await under.publish([once("new-\(number)")])
                let fields = try await under.connection.send("HKEYS", key).get().array?.compactMap(\.text) ?? []
                left.append(fields.count { $0.hasPrefix("i:old") })
            }
            #expect(left == left.sorted(by: >) && left.last == 1, "old keys left: \(left)")
            #expect(try await under.publish([old[29]])[0].get().duplicate)
        }
    }

}
