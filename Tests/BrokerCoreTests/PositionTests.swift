import BrokerCore
import Testing

@Suite struct PositionTests {
    @Test(arguments: ["k3f9:117", "0:0", "A:0", "x:9007199254740991"])
    func `a position reads back as it was written`(_ text: String) throws {
        #expect(try Position(text).description == text)
    }

    @Test(arguments: [
        "", ":", "k3f9", "k3f9:", ":1", "k3f9:-1", "k3f9:+1", "k3f9:1:2", "k 3:1", "k3f9:1.0", "k3f9:x", "0:1",
        "k3f9:9007199254740992", "k3f9:99999999999999999999", "abcdefghijklmnopqrstuvwxyz0123456:1",
    ])
    func `nonsense is no position`(_ text: String) {
        #expect(throws: InvalidName(kind: .position, found: text, rule: Position.rule)) { try Position(text) }
    }

    @Test func `0:0 is the origin`() throws {
        #expect(try Position("0:0") == .origin)
    }

    @Test func `epochs by chance are valid and differ`() {
        let epochs = (0..<1000).map { _ in Epoch.random() }
        #expect(Set(epochs).count == 1000)
        #expect(epochs.allSatisfy { Epoch($0.rawValue) == $0 && $0 != .none })
    }

    @Test func `a namespace with a policy has it, any other has the default`() throws {
        let builds = RetentionPolicy(messages: 7)
        let settings = BrokerSettings(namespaces: ["build": builds])
        #expect(settings.policy(for: try ChannelName("build:1")) == builds)
        #expect(settings.policy(for: try ChannelName("build")) == settings.retention)
        #expect(settings.policy(for: try ChannelName("other:1")) == settings.retention)
    }
}
