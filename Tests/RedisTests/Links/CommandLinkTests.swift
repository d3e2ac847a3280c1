import BrokerCore
import RealServers
import Testing

@testable import RedisBroker

@Suite(.serialized, .timeLimit(.minutes(2))) struct CommandLinkTests {
    private let channel: ChannelName

    init() throws { channel = try ChannelName("build:42") }

    @Test func `A new server is given the functions, and trying the permissions leaves no key`() async throws {
        try await RedisServer.run { server in
            try await Links(server.endpoint).run {}
            #expect(try await server.cli("DBSIZE") == "0")
            #expect(try await server.cli("FUNCTION", "LIST").contains("telltale_append"))
        }
    }

    @Test func `A server that has lost the functions is given them, and nobody notices`() async throws {
        try await RedisServer.run { server in
            let links = Links(server.endpoint)
            try await links.run {
                try await server.cli("FUNCTION", "FLUSH")
                let publication = Publication(channel: channel, data: "x")
                let calls = Array(repeating: links.library.append([publication], to: channel), count: 2)
                let answers = await links.commands.send(calls)
                #expect(answers.map(\.failureWords) == [nil, nil])
            }
        }
    }

    @Test func `The functions of other settings are replaced, and that is told`() async throws {
        try await RedisServer.run { server in
            let others = "redis.register_function('telltale_version', function() return 'x' end)"
            try await server.cli("FUNCTION", "LOAD", "#!lua name=telltale\n\(others)")
            let links = Links(server.endpoint)
            try await links.run { #expect(await links.publish("x", on: channel).failureWords == nil) }
            #expect(links.log.entries.contains { $0.contains("other settings have been replaced") })
        }
    }

    @Test func `While the server is gone everything fails at once, with the reason; then it goes on`() async throws {
        try await RedisServer.run { server in
            let links = Links(server.endpoint)
            try await links.run {
                await server.kill()
                await links.log.until { $0.contains { $0.contains("(commands): can't connect") } }
                let failed = await links.publish("x", on: channel)
                #expect(failed.failureWords?.contains("connection refused") == true, "\(failed)")
                try await server.restart()
                await links.log.until { $0.contains { $0.contains("(commands): connected again") } }
                #expect(await links.publish("x", on: channel).failureWords == nil)
            }
        }
    }

    @Test func `A server that stands still fails what is under way, in time`() async throws {
        try await RedisServer.run { server in
            let links = Links(server.endpoint, Links.hasty)
            try await links.run {
                server.suspend()
                let failed = await links.publish("x", on: channel)
                #expect(failed.failureWords?.contains("did not answer") == true, "\(failed)")
                server.resume()
                await links.log.until { $0.contains { $0.contains("(commands): connected again") } }
                #expect(await links.publish("x", on: channel).failureWords == nil)
            }
        }
    }

    @Test func `A demoted primary is left, and the new one is found`() async throws {
        try await RedisServer.run { old in
            try await RedisServer.run { new in
                let links = Links(old.endpoint)
                try await links.run {
                    links.primary.move(to: new.endpoint)
                    try await old.cli("REPLICAOF", "127.0.0.1", "\(new.port)")
                    let failed = await links.publish("x", on: channel)
                    #expect(failed.failureWords?.contains("is a replica now") == true, "\(failed)")
                    await links.log.until { $0.contains { $0.contains("(commands): connected again") } }
                    #expect(await links.publish("x", on: channel).failureWords == nil)
                }
            }
        }
    }

    @Test func `A full server says that it is out of memory`() async throws {
        try await RedisServer.run { server in
            let links = Links(server.endpoint)
            try await links.run {
                try await server.cli("CONFIG", "SET", "maxmemory", "1")
                let failed = await links.publish("x", on: channel)
                #expect(failed.failureWords?.contains("out of memory") == true, "\(failed)")
            }
        }
    }

    @Test func `A key of another type is the one call's own error`() async throws {
        try await RedisServer.run { server in
            let links = Links(server.endpoint)
            try await links.run {
                try await server.cli("SET", links.library.key(of: channel), "x")
                guard case .failure(.refused) = await links.publish("x", on: channel) else {
                    return #expect(Bool(false), "it was not refused")
                }
                #expect(await links.publish("x", on: try ChannelName("b")).failureWords == nil)
            }
        }
    }

    @Test func `A password that changes is told once, and tried until it is right`() async throws {
        try await RedisServer.run { server in
            var options = Links.options
            options.credentials = Credentials(user: "worker", password: "one")
            try await server.cli("ACL", "SETUSER", "worker", "on", ">one", "~*", "&*", "+@all")
            let links = Links(server.endpoint, options)
            try await links.run {
                try await server.cli("ACL", "SETUSER", "worker", "resetpass", ">two")
                try await server.cli("CLIENT", "KILL", "USER", "worker")
                await links.primary.asked.until { $0.count >= 10 }
                #expect(await links.publish("x", on: channel).failureWords?.isEmpty == false)
                let told = links.log.entries.filter { $0.contains("(commands): can't connect") }
                #expect(told.count == 1 && told[0].lowercased().contains("password"), "\(told)")
                try await server.cli("ACL", "SETUSER", "worker", ">one")
                await links.log.until { $0.contains { $0.contains("(commands): connected again") } }
                #expect(await links.publish("x", on: channel).failureWords == nil)
            }
        }
    }
}
