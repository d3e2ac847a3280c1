import BrokerCore
import GatewayConfig
import NIOHTTP1
import Testing

@testable import Access

/// The application's word, from a real HTTP server.
@Suite struct CallbackTests {
    let clock = TestClock()

    private func run(
        timeout: Duration = .seconds(20),
        _ answering: @escaping @Sendable (LocalServer.Request) async -> LocalServer.Reply,
        _ body: (AccessControl, LocalServer) async throws -> Void
    ) async throws {
        try await LocalServer.run(answering: answering) { server in
            let access = try await access(clock: clock) {
                ($0.auth.callback.url, $0.auth.callback.timeout) = (server.url + "may?x=1", timeout)
                $0.auth.secret = TestKeys.secret
                $0.defaultNamespace.subscribe = .callback
            }
            try await body(access, server)
        }
    }

    private func refusal(
        _ access: AccessControl, _ channel: String = "a", cookie: String? = "session=alice", token: String? = nil,
        address: String = "192.0.2.1"
    ) async throws -> AccessRefusal? {
        let identity = try await access.identify(Credentials(token: token, cookie: cookie, address: address))
        let name = try ChannelName(channel)
        do throws(AccessRefusal) {
            try await access.decide(.subscribe, name, identity)
            return nil
        } catch {
            return error
        }
    }

    @Test func `the application is asked with the reader's cookie, and its answer is kept`() async throws {
        try await run { _ in
            .init(status: 204)
        } _: { (access, server) async throws in
            #expect(try await refusal(access) == nil)
            #expect(try await refusal(access) == nil)
            let request = try #require(server.requests.first)
            #expect(server.requests.count == 1)
            #expect(request.head.method == .POST && request.head.uri == "/may?x=1")
            #expect(request.head.headers["cookie"] == ["session=alice"])
            #expect(request.head.headers["content-type"] == ["application/json"])
            #expect(request.body == #"{"action":"subscribe","channel":"a","address":"192.0.2.1"}"#)
        }
    }

    @Test func `an answer is for one reader, one channel and one address`() async throws {
        try await run { _ in
            .init()
        } _: { (access, server) async throws in
            for (cookie, channel, address) in [
                ("session=alice", "a", "192.0.2.1"), ("session=bob", "a", "192.0.2.1"),
                ("session=alice", "b", "192.0.2.1"),
                ("session=alice", "a", "192.0.2.2"), (nil, "a", "192.0.2.1"),
            ] as [(String?, String, String)] {
                for _ in 0..<2 {
                    #expect(try await refusal(access, channel, cookie: cookie, address: address) == nil)
                }
            }
            #expect(server.requests.count == 5)
        }
    }

    @Test func `it holds as long as configured, or as the application says`() async throws {
        try await run { request in
            .init(body: request.body.contains(#""b""#) ? #"{"expires_in":60,"subject":"alice"}"# : "ok")
        } _: { (access, server) async throws in
            for channel in ["a", "b"] { #expect(try await refusal(access, channel) == nil) }
            clock.advance(10_000)
            for channel in ["a", "b"] { #expect(try await refusal(access, channel) == nil) }
            #expect(server.requests.count == 3, "the second is still known")
            clock.advance(50_000)
            #expect(try await refusal(access, "b") == nil)
            #expect(server.requests.count == 4)
        }
    }

    @Test(arguments: [401, 403]) func `a refusal is kept, too`(status: Int) async throws {
        try await run { _ in
            .init(status: status)
        } _: { (access, server) async throws in
            for _ in 0..<2 {
                #expect(try await refusal(access)?.code == (status == 401 ? "token_missing" : "forbidden"))
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: [500, 404, 302, 301, 307, 304, 429]) func `anything else lets nobody in, and is not kept`(
        status: Int
    )
        async throws
    {
        try await run { _ in
            .init(status: status, headers: [("location", "/yes")])
        } _: { (access, server) async throws in
            for _ in 0..<2 { #expect(try await refusal(access)?.code == "unavailable") }
            #expect(server.requests.map(\.head.uri) == ["/may?x=1", "/may?x=1"], "no redirect is followed")
        }
    }

    @Test func `an endless answer lets nobody in`() async throws {
        try await run { _ in
            .init(body: String(repeating: "x", count: 1 << 20))
        } _: { (access, _) async throws in
            #expect(try await refusal(access)?.code == "unavailable")
        }
    }

    @Test func `a slow application lets nobody in`() async throws {
        let gate = Gate()
        try await run(timeout: .milliseconds(200)) { _ in
            await gate.wait()
            return .init()
        } _: { (access, _) async throws in
            #expect(try await refusal(access)?.code == "unavailable")
            gate.open()
        }
    }

    @Test func `an application that is away lets nobody in`() async throws {
        let url = try await LocalServer.run { _ in
            .init()
        } _: {
            $0.url
        }
        let access = try await access { $0.auth.callback.url = url }
        #expect(try await refusal(access)?.code == "unavailable")
    }

    @Test func `a hundred who ask the same share one request`() async throws {
        let gate = Gate()
        try await run { _ in
            await gate.wait()
            return .init()
        } _: { (access, server) async throws in
            let name = try ChannelName("a")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        let identity = try await access.identify(Credentials(cookie: "s=1", address: "192.0.2.1"))
                        try await access.decide(.subscribe, name, identity)
                    }
                }
                gate.open()
                try await group.waitForAll()
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: [("192.0.2.1", "192.0.2.2"), ("2001:db8::", "2001:db8:0:1::1")])
    func `one address has so many questions under way and no more, and others have theirs`(
        flooding: String, other: String
    ) async throws {
        let gate = Gate()
        let (most, more) = (CallbackClient.mostOfOneNetwork, 20)
        try await run { _ in
            await gate.wait()
            return .init()
        } _: { (access, _) async throws in
            try await withThrowingTaskGroup(of: AccessRefusal?.self) { group in
                for number in 0..<most + more {
                    let address = flooding.hasSuffix("::") ? "\(flooding)\(number)" : flooding
                    group.addTask { try await refusal(access, "a:\(number)", address: address) }
                }
                // Nobody is answered before the gate opens: these are those that were one too many.
                for _ in 0..<more { #expect(try await group.next()??.code == "unavailable") }
                group.cancelAll()
                let again = flooding.hasSuffix("::") ? "\(flooding)ffff" : flooding
                #expect(
                    try await refusal(access, "again", address: again)?.code == "unavailable",
                    "those that were taken back count")
                group.addTask { try await refusal(access, "a", address: other) }
                gate.open()
                for try await refusal in group { #expect(refusal == nil) }
            }
            #expect(try await refusal(access, "again", address: flooding) == nil)
        }
    }

    @Test func `a token that allows it needs no application, one that does not leaves it to that`() async throws {
        let token = try await token(#"{"exp":4000000000,"subscribe":["a"]}"#)
        try await run { _ in
            .init(status: 403)
        } _: { (access, server) async throws in
            #expect(try await refusal(access, "a", token: token) == nil)
            #expect(server.requests.isEmpty)
            #expect(try await refusal(access, "b", token: token)?.code == "forbidden")
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a list shows what the application has allowed before`() async throws {
        try await run { _ in
            .init()
        } _: { (access, _) async throws in
            let identity = try await access.identify(Credentials(cookie: "session=alice", address: "192.0.2.1"))
            let name = try ChannelName("a")
            #expect(!access.mayList(name, identity))
            #expect(try await refusal(access) == nil)
            #expect(access.mayList(name, identity))
        }
    }

    @Test func `a policy that asks nobody is refused at the start`() async throws {
        await #expect {
            _ = try await access { $0[namespace: "x"].publish = .callback }
        } throws: {
            "\($0)".hasPrefix("auth.callback.url: ")
        }
    }

    @Test func `answers and questions are bounded`() {
        var cache = BoundedCache<Int, Int>(maximum: 100)
        for number in 0..<10_000 {
            cache[number] = number
            #expect(cache.count <= 100)
            #expect(cache[number] == number)
            #expect(cache[0] == 0, "what is looked up stays")
        }
    }
}
