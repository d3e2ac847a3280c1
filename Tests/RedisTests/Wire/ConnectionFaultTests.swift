import BrokerCore
import NIOCore
import RealServers
import Testing

@testable import RedisBroker

@Suite(.serialized, .timeLimit(.minutes(1))) struct ConnectionFaultTests {
    private static let quick: RedisOptions = {
        var options = RedisOptions()
        options.commandTimeout = .seconds(1)
        return options
    }()

    @Test func `a server that stands still fails all that is under way in time, and ends the connection`() async throws
    {
        try await RedisServer.run { server in
            try await RedisConnection.run(server.endpoint, Self.quick) { connection in
                _ = await connection.send("PING")
                server.suspend()
                let started = ContinuousClock.now
                async let first = connection.send([Command("PING"), Command("PING")])
                async let second = connection.send("GET", "k")
                let answers = await first + [second]
                #expect(answers.count == 3)
                for answer in answers {
                    #expect(
                        throws: RedisError.unreachable(
                            reason: "Redis at \(server.endpoint): it did not answer within 1 s")
                    ) {
                        try answer.get()
                    }
                }
                #expect(ContinuousClock.now - started < .seconds(10))
                let reason = try await connection.reason()
                #expect(reason.unreachableWords != nil)
                #expect(!connection.isOpen)
                let late = Locked(0)
                connection.send([Command("PING")]) { answers in late.withLock { $0 = answers.count } }
                #expect(late.withLock { $0 } == 1, "there is nothing to wait for any more")
            }
        }
    }

    @Test func `commands that go on coming do not hide that the server stands still`() async throws {
        try await RedisServer.run { server in
            try await RedisConnection.run(server.endpoint, Self.quick) { connection in
                server.suspend()
                let started = ContinuousClock.now
                while connection.isOpen {
                    connection.send([Command("PING")]) { _ in }
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(ContinuousClock.now - started < .seconds(10))
            }
        }
    }

    @Test func `a connection at rest has no deadline`() async throws {
        try await RedisServer.run { server in
            try await RedisConnection.run(server.endpoint, Self.quick) { connection in
                _ = await connection.send("PING")
                try await Task.sleep(for: .milliseconds(1500))
                #expect(await connection.send("PING") == .success(.status("PONG")))
            }
        }
    }

    @Test func `an answer that comes slowly is no silence`() async throws {
        let answer = ["$8", "\r\n", "01", "2", "3", "4", "56", "7", "\r\n"]
        let server = try await FakeServer.start([["+OK\r\n"], answer], pause: .milliseconds(250))
        var options = RedisOptions()
        options.commandTimeout = .seconds(2)
        try await RedisConnection.run(server.endpoint, options) { connection in
            let answer = await connection.send("GET", "k")
            #expect(answer == .success(.bulk("01234567")))
        }
        try await server.stop()
    }

    @Test func `a large command that goes out slowly is no silence`() async throws {
        let data = String(repeating: "x", count: 24 << 20)
        let server = try await SlowReader.start(megabytes: 24)
        try await RedisConnection.run(server.endpoint, Self.quick) { connection in
            let answer = await connection.send("SET", "k", data)
            #expect(answer == .success(.status("OK")))
        }
        try await server.stop()
    }

    @Test func `a server that is killed fails what is under way, and the reason is told once`() async throws {
        try await RedisServer.run { server in
            try await RedisConnection.run(server.endpoint) { connection in
                server.suspend()
                async let answers = connection.send(Array(repeating: Command("PING"), count: 1000))
                await server.kill()
                let all = await answers
                #expect(all.count == 1000)
                #expect(all.allSatisfy { if case .failure(.unreachable) = $0 { true } else { false } })
                let error = await connection.send("PING")
                #expect(error == .failure(try await connection.reason()))
                let refused = await failure(server.endpoint, Self.quick)
                #expect(refused == .unreachable(reason: "Redis at \(server.endpoint): connection refused"))
                try await server.restart()
                #expect(await failure(server.endpoint) == nil)
            }
        }
    }

    @Test func `answers that came before the end count`() async throws {
        try await RedisServer.run { server in
            try await RedisConnection.run(server.endpoint) { connection in
                let answers = await connection.send([Command("SET", "k", "1"), Command("QUIT"), Command("GET", "k")])
                #expect(answers[0] == .success(.status("OK")))
                #expect(answers[1] == .success(.status("OK")))
                #expect(throws: RedisError.unreachable(reason: "Redis at \(server.endpoint): it closed the connection"))
                {
                    try answers[2].get()
                }
            }
        }
    }

    @Test func `what is under way is bounded, and is room again when it is answered`() async throws {
        try await RedisServer.run { server in
            try await RedisConnection.run(server.endpoint) { connection in
                let tooMany = RedisError.unreachable(reason: "Redis at \(server.endpoint): too much is under way")
                let commands = Array(repeating: Command("PING"), count: CommandInbox.maximumCommands)
                #expect(await connection.send(commands + [Command("PING")]).last == .failure(tooMany))
                for _ in 0..<2 { #expect(await connection.send(commands).last == .success(.status("PONG"))) }
                #expect(await connection.send("PING") == .success(.status("PONG")))
            }
        }
    }

    @Test func `subscriptions give their room back when they are on their way`() async throws {
        try await RedisServer.run { server in
            try await RedisConnection.run(server.endpoint, push: { _ in }) { connection in
                let commands = Array(repeating: Command("SUBSCRIBE", "a"), count: CommandInbox.maximumCommands / 2)
                for _ in 0..<3 {
                    connection.write(commands)
                    while connection.underWay.commands > 0 { try await Task.sleep(for: .milliseconds(1)) }
                }
                #expect(connection.isOpen && connection.underWay == (0, 0))
            }
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "no valid reply"),
        ("-ERR max number of clients reached\r\n", "max number of clients"),
    ])
    func `a server that is none, or full, is told`(answer: String, words: String) async throws {
        let server = try await FakeServer.start([[answer]])
        let error = await failure(server.endpoint, Self.quick)
        #expect(error?.unreachableWords?.contains(words) == true, "\(String(describing: error))")
        try await server.stop()
    }

    @Test func `a reply that nothing asked for ends the connection`() async throws {
        let server = try await FakeServer.start([["+OK\r\n+EXTRA\r\n"]])
        let connection = try await RedisConnection.open(server.endpoint, Self.quick, on: group)
        #expect(try await connection.reason().unreachableWords?.contains("nothing asked for") == true)
        try await server.stop()
    }

    @Test func `a server that accepts and says nothing is given up in time`() async throws {
        try await RedisServer.run { server in
            server.suspend()
            var options = RedisOptions()
            options.connectTimeout = .seconds(2)
            let words = await failure(server.endpoint, options)?.unreachableWords
            #expect(words?.contains("did not answer within 2 s") == true)
        }
    }

    @Test func `hosts and sockets that are not there are told`() async throws {
        let host = await failure(.host("no-such-host.invalid", port: 6379))
        #expect(host?.unreachableWords?.contains("can't be resolved") == true, "\(String(describing: host))")
        let socket = await failure(.unix("/nowhere/redis.sock"))
        #expect(socket == .unreachable(reason: "Redis at /nowhere/redis.sock: no such file or directory"))
    }
}
