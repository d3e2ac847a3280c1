import RealServers
import Testing

@testable import RedisBroker

@Suite(.timeLimit(.minutes(1))) struct LoginTests {
    private static func options(_ user: String?, _ password: String, database: Int = 0) -> RedisOptions {
        var options = RedisOptions.patient
        options.credentials = Credentials(user: user, password: password)
        options.database = database
        return options
    }

    @Test func `the right password lets in, a wrong or missing one is told`() async throws {
        try await RedisServer.run(.init(password: "pa:ss@/")) { server in
            try await RedisConnection.run(server.endpoint, Self.options(nil, "pa:ss@/")) { connection in
                #expect(await connection.send("PING") == .success(.status("PONG")))
            }
            let wrong = await failure(server.endpoint, Self.options(nil, "guess"))
            #expect(
                wrong?.unusableWords?.contains("refuses the password of the user default") == true,
                "\(String(describing: wrong))")
            #expect(wrong?.unusableWords?.contains("guess") == false)
            let none = await failure(server.endpoint)
            #expect(none?.unusableWords?.contains("wants a password") == true, "\(String(describing: none))")
        }
    }

    @Test func `a user of an ACL is let in, also without the right to name the connection or to select`() async throws {
        let users = ["worker on >secret ~telltale:* &* +get +ping", "default off"]
        try await RedisServer.run(.init(users: users)) { server in
            try await RedisConnection.run(server.endpoint, Self.options("worker", "secret")) { connection in
                #expect(await connection.send("PING") == .success(.status("PONG")))
                #expect(await connection.send("GET", "other") != .success(.null))
            }
            let wrong = await failure(server.endpoint, Self.options("worker", "guess"))
            #expect(wrong?.unusableWords?.contains("the password of the user worker") == true)
            let database = await failure(server.endpoint, Self.options("worker", "secret", database: 2))
            #expect(database?.unusableWords?.contains("+select") == true, "\(String(describing: database))")
        }
    }

    @Test func `a password for a server that has none is told`() async throws {
        try await RedisServer.run { server in
            let error = await failure(server.endpoint, Self.options(nil, "secret"))
            #expect(error?.unusableWords?.contains("without a password") == true, "\(String(describing: error))")
        }
    }

    @Test func `a database that does not exist is told`() async throws {
        try await RedisServer.run(.init(config: ["databases 4"])) { server in
            var options = RedisOptions.patient
            options.database = 3
            #expect(await failure(server.endpoint, options) == nil)
            options.database = 4
            let error = await failure(server.endpoint, options)
            #expect(error?.unusableWords?.contains("database 4 does not exist") == true, "\(String(describing: error))")
        }
    }

    @Test func `a cluster has one database`() async throws {
        try await RedisServer.run(.init(isClusterNode: true)) { server in
            var options = RedisOptions.patient
            options.database = 1
            let error = await failure(server.endpoint, options)
            #expect(
                error?.unusableWords?.contains("a cluster has database 0 only") == true, "\(String(describing: error))")
        }
    }

    @Test func `a server that has no room for more clients is unreachable for now`() async throws {
        try await RedisServer.run(.init(config: ["maxclients 1"])) { server in
            try await RedisConnection.run(server.endpoint) { _ in
                let error = await failure(server.endpoint)
                #expect(
                    error?.unreachableWords?.contains("max number of clients") == true, "\(String(describing: error))")
            }
        }
    }

    @Test func `a sentinel lets in as a server does`() async throws {
        try await RedisServer.run(.init(kind: .sentinel)) { server in
            try await RedisConnection.run(server.endpoint) { connection in
                #expect(await connection.send("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "none") == .success(.null))
            }
        }
    }
}
