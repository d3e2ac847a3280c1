import Testing

@testable import RedisBroker

@Suite struct RedirectionTests {
    private let speaker = Endpoint.host("10.0.0.1", port: 7000)

    @Test func `MOVED and ASK name the slot and the node`() {
        #expect(
            Redirection(error: "MOVED 3999 10.0.0.2:6381", from: speaker)
                == .moved(slot: 3999, to: .host("10.0.0.2", port: 6381)))
        #expect(
            Redirection(error: "ASK 3999 redis-2.example.org:6381", from: speaker)
                == .ask(slot: 3999, of: .host("redis-2.example.org", port: 6381)))
    }

    @Test func `A host that is left out is the speaker's`() {
        #expect(
            Redirection(error: "MOVED 1 :6381", from: speaker) == .moved(slot: 1, to: .host("10.0.0.1", port: 6381)))
        #expect(Redirection(error: "MOVED 1 :6381", from: .unix("/run/redis.sock")) == nil)
    }

    @Test func `An IPv6 address may hold colons`() {
        #expect(Redirection(error: "MOVED 1 ::1:6381", from: speaker) == .moved(slot: 1, to: .host("::1", port: 6381)))
    }

    @Test func `What will pass is waited for`() {
        for error in ["TRYAGAIN Multiple keys request during rehashing of slot", "CLUSTERDOWN The cluster is down"] {
            guard case .wait(let reason)? = Redirection(error: error, from: speaker) else {
                Issue.record("\(error) is not waited for")
                continue
            }
            #expect(reason.contains("cluster"))
        }
    }

    @Test(arguments: [
        "", "MOVED", "MOVED 1", "MOVED x 10.0.0.2:1", "MOVED 16384 10.0.0.2:1", "MOVED -1 10.0.0.2:1",
        "MOVED 1 10.0.0.2",
        "MOVED 1 10.0.0.2:", "MOVED 1 10.0.0.2:65536", "ASK 1 10.0.0.2:0", "MOVED 1 10.0.0.2:1 more", "ERR MOVED 1 a:1",
        "OOM command not allowed", "moved 1 a:1",
    ])
    func `Anything else is no redirection`(error: String) {
        #expect(Redirection(error: error, from: speaker) == nil)
    }
}
