import BrokerCore
import NIOCore
import RealServers
import Testing

@testable import RedisBroker

@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
    @Test func `a new connection bears our name, and has its database`() async throws {
        try await RedisServer.run { server in
            var options = RedisOptions.patient
            options.database = 3
            try await RedisConnection.run(server.endpoint, options) { connection in
                let info = try await connection.send("CLIENT", "INFO").get().text ?? ""
                #expect(info.contains("name=telltale") && info.contains("db=3"))
            }
        }
    }

    @Test func `every kind of answer comes as it is, in order`() async throws {
        try await RedisServer.run { server in
            try await RedisConnection.run(server.endpoint) { connection in
                let script = "return {1, 'two', {false, {}}, redis.status_reply('fine')}"
                let answers = await connection.send([
                    Command("SET", "k", "a\0b\r\né"), Command("GET", "k"), Command("GET", "none"),
                    Command("LPUSH", "k", "x"),
                    Command("EVAL", script, "0"), Command("PING"),
                ])
                #expect(answers[0] == .success(.status("OK")))
                #expect(answers[1] == .success(.bulk("a\0b\r\né")))
                #expect(answers[2] == .success(.null))
                #expect(throws: RedisError.refused("WRONGTYPE Operation against a key holding the wrong kind of value"))
                {
                    try answers[3].get()
                }
                #expect(
                    answers[4]
                        == .success(.array([.integer(1), .bulk("two"), .array([.null, .array([])]), .status("fine")])))
                #expect(answers[5] == .success(.status("PONG")))
                #expect(await connection.send([]) == [])
            }
        }
    }

    @Test func `a megabyte and more goes there and back`() async throws {
        try await RedisServer.run { server in
            try await RedisConnection.run(server.endpoint) { connection in
                for count in [1 << 20, 17 << 20] {
                    let data = String(repeating: "0123456789abcde\0", count: count / 16)
                    #expect(await connection.send("SET", "k", data) == .success(.status("OK")))
                    #expect(await connection.send("GET", "k") == .success(.bulk(data)))
                }
            }
        }
    }

    @Test func `answers go to whoever asked, and each sender's commands keep their order`() async throws {
        try await RedisServer.run { server in
            try await RedisConnection.run(server.endpoint) { connection in
                await withTaskGroup(of: Void.self) { group in
                    for sender in 0..<16 {
                        group.addTask {
                            for number in 0..<200 {
                                let word = "\(sender)-\(number)"
                                let answers = await connection.send([
                                    Command("RPUSH", "l\(sender)", word), Command("ECHO", word),
                                ])
                                #expect(answers == [.success(.integer(Int64(number + 1))), .success(.bulk(word))])
                            }
                        }
                    }
                }
            }
        }
    }

    @Test func `commands that come while the event loop is busy share a write, in the order they came`() async throws {
        try await RedisServer.run { server in
            try await RedisConnection.run(server.endpoint) { connection in
                let seen = Locked<[String?]>([])
                for number in 0..<20_000 {
                    connection.send([Command("ECHO", "\(number)")]) { answers in
                        seen.withLock { $0.append((try? answers[0].get())?.text) }
                    }
                }
                _ = await connection.send("PING")
                let isInOrder = seen.withLock { $0 == (0..<20_000).map { "\($0)" } }
                #expect(isInOrder)
                let statistics = try await server.cli("INFO", "stats")
                let reads = statistics.split(whereSeparator: \.isNewline)
                    .first { $0.hasPrefix("total_reads_processed:") }
                    .flatMap { Int($0.drop { $0 != ":" }.dropFirst()) }
                #expect(try #require(reads) < 10_000)
            }
        }
    }

    @Test func `a unix socket is as good as a port`() async throws {
        try await RedisServer.run { server in
            try await RedisConnection.run(server.unixEndpoint) { connection in
                #expect(await connection.send("PING") == .success(.status("PONG")))
            }
        }
    }

    @Test func `what is pushed comes whole and in order, errors too`() async throws {
        try await RedisServer.run { server in
            let (replies, push) = AsyncStream.makeStream(of: Reply.self)
            let subscriber = try await RedisConnection.open(
                server.endpoint, .patient, on: group, push: { for reply in $0 { push.yield(reply) } })
            subscriber.closed.whenComplete { _ in push.finish() }
            #expect(await subscriber.send("PING") == .success(.status("PONG")))
            subscriber.write([Command("SUBSCRIBE", "a", "b"), Command("NOSUCH")])
            var iterator = replies.makeAsyncIterator()
            #expect(await iterator.next() == .array([.bulk("subscribe"), .bulk("a"), .integer(1)]))
            #expect(await iterator.next() == .array([.bulk("subscribe"), .bulk("b"), .integer(2)]))
            guard case .error(let words)? = await iterator.next(), words.hasPrefix("ERR ") else {
                Issue.record("an error comes as the others do")
                return
            }
            try await RedisConnection.run(server.endpoint) { publisher in
                _ = await publisher.send((0..<5000).map { Command("PUBLISH", "a", "\($0)") })
            }
            for number in 0..<5000 {
                try #require(await iterator.next() == .array([.bulk("message"), .bulk("a"), .bulk("\(number)")]))
            }
            subscriber.close()
            _ = try await subscriber.reason()
        }
    }
}
