import BrokerCore
import Testing

@testable import GatewayConfig

@Suite struct ChangesTests {
    private func config(_ change: (inout GatewayConfig) -> Void) -> GatewayConfig {
        var config = GatewayConfig()
        change(&config)
        return config
    }

    @Test func `what is the same changes nothing`() throws {
        let changes = try ConfigChanges(from: GatewayConfig(), to: GatewayConfig())
        #expect(changes.applied.isEmpty && changes.restart.isEmpty && changes.merged == GatewayConfig())
    }

    @Test func `what can be taken is taken, and the rest stays`() throws {
        let new = config {
            $0.limits.subscriptions = 7
            $0.limits.messageBytes = 1_000
            $0.listen.port = 1
            $0.drain = .seconds(3)
        }
        let changes = try ConfigChanges(from: GatewayConfig(), to: new)
        #expect(changes.applied.map(\.key).sorted() == ["drain", "limits.subscriptions"])
        #expect(changes.restart.map(\.key).sorted() == ["limits.message_bytes", "listen.port"])
        #expect(changes.merged.limits.subscriptions == 7 && changes.merged.drain == .seconds(3))
        #expect(changes.merged.listen.port == 8080 && changes.merged.limits.messageBytes == 64 << 10)
    }

    @Test func `a namespace that comes or goes has its policies at once, and its history after a restart`() throws {
        let new = config {
            $0[namespace: "build"].subscribe = .token
            $0[namespace: "build"].history.messages = 5
        }
        let coming = try ConfigChanges(from: GatewayConfig(), to: new)
        #expect(coming.applied.map(\.key) == ["namespaces.build.subscribe"])
        #expect(coming.restart.map(\.key) == ["namespaces.build.history.messages"])
        #expect(coming.merged[namespace: "build"].subscribe == .token)
        #expect(coming.merged[namespace: "build"].history.messages == GatewayConfig().defaultNamespace.history.messages)
        let going = try ConfigChanges(from: new, to: GatewayConfig())
        #expect(going.merged[namespace: "build"].subscribe == nil)
        #expect(going.merged[namespace: "build"].history.messages == 5)
    }

    @Test func `secrets that change are not shown`() throws {
        let new = config { $0.auth.apiKeys = ["a-key-that-is-a-secret"] }
        let changes = try ConfigChanges(from: config { $0.auth.apiKeys = ["another-secret-key"] }, to: new)
        #expect(changes.applied.map(\.key) == ["auth.api_keys"])
        #expect(!"\(changes.applied)".contains("secret"))
        #expect(changes.merged.auth.apiKeys == new.auth.apiKeys)
    }

    @Test func `what goes together in the file, but not with what stays, is refused`() {
        let running = config {
            $0.listen.host = "0.0.0.0"
            $0.auth.apiKeys = ["a-key-that-is-a-secret"]
        }
        #expect(throws: ConfigError.self) { try ConfigChanges(from: running, to: GatewayConfig()) }
    }

    @Test func `every key says whether it can be taken`() {
        let fixed = Schema.keys.filter { !$0.isReloaded }.map { KeyPathText.join($0.path) }
        #expect(fixed.contains("broker.url") && fixed.contains("namespaces.*.history.ttl"))
        #expect(!fixed.contains("log.level") && !fixed.contains("namespaces.*.replay"))
    }
}
