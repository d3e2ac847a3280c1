import BrokerCore
import RealServers
import Testing

@testable import RedisBroker

@Suite(.timeLimit(.minutes(1))) struct NativeProducerTests {
    @Test(arguments: [false, true])
    func `what a native producer writes is what the gateway writes`(_ asScript: Bool) async throws {
        try await FunctionsUnderTest.run(asScript: asScript) { under in
            let (native, gateway) = (try ChannelName("native"), try ChannelName("gateway"))
            let key = try RetainKey("state")
            let first = await under.native("native", "linking…")
            let second = await under.native(
                "telltale:{native}", "{\"a\": 1}", "event", "Step.1", "Retain", "state", "EXPECT", "0", "fence", "3",
                "FORMAT",
                "JSON", "ID", "k!")
            _ = await under.native("native", "50", "RETAIN", "state", "CONFLATE")
            _ = await under.native("native", "", "CLOSE", "EVENT", "log")
            _ = try await under.publish([
                Publication(channel: gateway, data: "linking…"),
                Publication(
                    channel: gateway, event: EventName("Step.1"), data: "{\"a\": 1}", format: .json,
                    keeping: .loggedAndRetained(key), expect: 0, fence: 3, idempotencyKey: IdempotencyKey("k!")),
                Publication(channel: gateway, data: "50", keeping: .conflated(key)),
                Publication(channel: gateway, event: .log, data: "", closes: true),
            ])
            let (left, right) = (
                try #require(try await under.status(native)), try #require(try await under.status(gateway))
            )
            #expect(first == "\(left.epoch):1" && second == "\(left.epoch):2")
            #expect([left.top, left.fence, left.trimmed] == [right.top, right.fence, right.trimmed] && left.closed)
            #expect(left.retained.map(Content.init) == right.retained.map(Content.init))
            let logs = (try await under.recover(native).messages, try await under.recover(gateway).messages)
            #expect(logs.0.map(Content.init) == logs.1.map(Content.init) && logs.0.count == 4)
        }
    }

    @Test func `a repetition with the same ID answers with the first position`() async throws {
        try await FunctionsUnderTest.run { under in
            let first = await under.native("c", "once", "ID", "k")
            #expect(await under.native("c", "twice", "ID", "k", "EXPECT", "9", "RETAIN", "r") == first)
            let recovery = try await under.recover(ChannelName("c"))
            #expect(recovery.top == 1)
        }
    }

    @Test func `a refusal begins with a code, and says what would be taken`() async throws {
        try await FunctionsUnderTest.run(BrokerSettings(messageBytes: 10)) { under in
            _ = await under.native("c", "x", "RETAIN", "state", "FENCE", "5")
            let conflict = await under.native("c", "x", "RETAIN", "state", "EXPECT", "7")
            #expect(conflict == "CONFLICT the retained message of this key has offset 1 (0: there is none)")
            #expect(await under.native("c", "x", "FENCE", "4").hasPrefix("FENCED a fence of at least 5 is needed"))
            #expect(await under.native("c", "01234567890").hasPrefix("TOOLARGE the data has 11 bytes; at most 10 are"))
            #expect(
                await under.native("c", "[not read", "FORMAT", "json").hasPrefix(
                    "BADARGUMENT the data is not one valid"))
            _ = await under.native("c", "end", "CLOSE")
            #expect(
                await under.native("c", "late").hasPrefix("CLOSED the channel is closed, its last message has offset 2")
            )
            #expect(await under.native("c", "again", "FENCE", "6").hasSuffix(":3"))
            let status = try await under.status(ChannelName("c"))
            #expect(status?.top == 3)
        }
    }

    private static let wrongOptions = [
        ["EVENT"], ["EVENT", ""], ["EVENT", "a b"], ["EVENT", "stream-open"], ["EVENT", "x", "event", "y"],
        ["EVENT", String(repeating: "e", count: 65)], ["RETAIN", "a/b"], ["RETAIN", ""], ["CONFLATE"], ["EXPECT", "1"],
        ["RETAIN", "k", "EXPECT", "-1"], ["RETAIN", "k", "EXPECT", "1.5"], ["RETAIN", "k", "EXPECT", "1e3"],
        ["RETAIN", "k", "EXPECT", "0x1"], ["FENCE", ""], ["FENCE", "9007199254740992"],
        ["FENCE", "99999999999999999999"],
        ["FENCE", " 1"], ["ID", ""], ["ID", "a b"], ["ID", "é"], ["ID", String(repeating: "k", count: 256)],
        ["FORMAT", "xml"], ["FORMAT"], ["CLOSE", "1"], ["NOPE"], [""], ["CLOSE", "CLOSE"],
    ]

    @Test func `what no option allows is refused, and nothing is published`() async throws {
        try await FunctionsUnderTest.run { under in
            for options in Self.wrongOptions {
                var command = Command("FCALL", "telltale_publish", "1", "c", "x")
                command.words += options
                guard case .failure(.refused(let error)) = await under.connection.send([command])[0] else {
                    Issue.record("\(options) was taken")
                    continue
                }
                #expect(error.hasPrefix("BADARGUMENT "), "\(options): \(error)")
            }
            let keys = try await under.connection.send("DBSIZE").get()
            #expect(keys == .integer(0))
        }
    }

    @Test func `only channels are written to`() async throws {
        try await FunctionsUnderTest.run { under in
            let long = String(repeating: "n", count: 201)
            for name in [
                "", "a b", "é", "a{b}", "telltale:{}", "telltale:{a b}", "telltale:{a}b}", "*", long, "a\0b", "a\n",
            ] {
                #expect(
                    await under.native(name, "x").hasPrefix("BADARGUMENT KEYS[1] must be a channel: 1 to 200"),
                    "\(name)")
            }
            let keys = try await under.connection.send("DBSIZE").get()
            #expect(keys == .integer(0))
            #expect(await under.native(String(long.dropLast()), "x").hasSuffix(":1"))
            #expect(await under.native("_-=@,.;:/~+x", "x").hasSuffix(":1"))
            let missing = await under.connection.send("FCALL", "telltale_publish", "1", "c")
            #expect(
                missing
                    == .failure(.refused("BADARGUMENT the data is missing: FCALL telltale_publish 1 CHANNEL DATA …")))
        }
    }

    @Test func `a second channel is refused, not ignored`() async throws {
        try await FunctionsUnderTest.run { under in
            for channels in [["0"], ["2", "a", "b"], ["2", "a", "a"]] {
                let command = Command(["FCALL", "telltale_publish"] + channels + ["x"])
                guard case .failure(.refused(let error)) = await under.connection.send([command])[0] else {
                    Issue.record("\(channels) was taken")
                    continue
                }
                #expect(error.hasPrefix("BADARGUMENT "), "\(error)")
            }
            let keys = try await under.connection.send("DBSIZE").get()
            #expect(keys == .integer(0))
        }
    }

    @Test func `a producer that may not announce does not publish either`() async throws {
        let rights = "+fcall +time +info +exists +hmget +hget +hset +hdel +pexpire"
        try await FunctionsUnderTest.run { under in
            for (user, rest) in [
                ("able", "&telltale:* \(rights) +publish"), ("mute", rights), ("lost", "\(rights) +publish"),
            ] {
                let words = "\(user) reset on >secret ~telltale:* \(rest)".split(separator: " ").map(String.init)
                _ = try await under.connection.send([Command(["ACL", "SETUSER"] + words)])[0].get()
                var options = RedisOptions.patient
                options.credentials = Credentials(user: user, password: "secret")
                try await RedisConnection.run(under.server.endpoint, options) { connection in
                    let call = Command(
                        "FCALL", "telltale_publish", "1", "telltale:{\(user)}", "x", "ID", "k", "RETAIN", "r")
                    let answer = await connection.send([call])[0]
                    let top = try await under.status(ChannelName(user))?.top
                    #expect(top == (user == "able" ? 1 : nil))
                    guard case .failure(.refused(let error)) = answer else { return #expect(user == "able") }
                    #expect(error == "NOPERM publishing needs the right to PUBLISH on telltale:{\(user)}")
                }
            }
        }
    }
}

/// What a message says, apart from when and where.
struct Content: Hashable {
    let offset: UInt64
    let event: String
    let data: String
    let format: DataFormat
    let key: RetainKey?

    init(_ message: Message) {
        offset = message.offset
        event = message.event.rawValue
        data = message.data
        format = message.format
        key = message.retain
    }
}
