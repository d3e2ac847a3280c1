import BrokerCore
import Testing

@testable import GatewayConfig

@Suite struct FileTests {
    @Test func withoutAnySourceTheDefaultsHold() throws {
        let loaded = try load()
        #expect(loaded.config == GatewayConfig())
        #expect(loaded.origins.isEmpty)
        #expect(loaded.warnings.isEmpty)
        #expect(loaded.config.limits.messageBytes == 65536)
        #expect(loaded.config.policy(for: try ChannelName("build:42")).history == RetentionPolicy())
    }

    @Test func valuesOfTheFileReplaceDefaults() throws {
        let config = try load(
            """
            { "listen": {"host": "::1", "port": 0}, "broker": {"memory": {"bytes": 2097152}},
              "limits": {"message_bytes": "1MiB", "line_bytes": 100}, "timeouts": {"header": "250ms"},
              "log": {"level": "debug", "format": "json"}, "hub": {"sockets": "nio"}, "drain": "0s" }
            """
        ).config
        #expect(config.listen == .init(host: "::1", port: 0))
        #expect(config.broker.memory.bytes == 2 << 20)
        #expect(config.limits.messageBytes == 1 << 20)
        #expect(config.limits.longestLine == 100)
        #expect(config.timeouts.header == .milliseconds(250))
        #expect(config.log == .init(level: .debug, format: .json))
        #expect(config.hub.sockets == .nio)
        #expect(config.drain == .zero)
        #expect(config.limits.headerCount == 100)
    }

    @Test func aLineMayBeAsLongAsAMessageUnlessItIsSet() throws {
        #expect(try load(#"{"limits": {"message_bytes": 100}}"#).config.limits.longestLine == 100)
    }

    @Test func aNamespaceInheritsWhatItDoesNotSay() throws {
        let config = try load(
            """
            { "namespaces": {
                "build": {"history": {"messages": 5, "ttl_after_close": null}, "replay": "last:20"},
                "default": {"history": {"ttl": "2h", "ttl_after_close": "5m"}},
                "empty": {} } }
            """
        ).config
        #expect(config.namespaces.keys.sorted() == ["build", "empty"])
        let build = config.policy(for: try ChannelName("build:42"))
        #expect(build.history == RetentionPolicy(messages: 5, ttl: .seconds(7200)))
        #expect(build.replay == .last(20))
        for channel in ["empty:1", "other:1", "news"] {
            let policy = config.policy(for: try ChannelName(channel))
            #expect(policy.history == RetentionPolicy(ttl: .seconds(7200), ttlAfterClose: .seconds(300)))
            #expect(policy.replay == .earliest)
        }
    }

    @Test func theBrokerIsToldThePoliciesAndTheLargestMessage() throws {
        let settings = try load(
            """
            { "limits": {"message_bytes": "16MiB"},
              "namespaces": {"default": {"history": {"messages": 7}}, "build": {"history": {"bytes": "1KiB"}}} }
            """
        ).config.brokerSettings
        #expect(settings.messageBytes == BrokerSettings.maximumMessageBytes)
        #expect(settings.retention == RetentionPolicy(messages: 7))
        #expect(settings.namespaces == ["build": RetentionPolicy(messages: 7, bytes: 1024)])
        #expect(try settings.policy(for: ChannelName("default:1")).messages == 7)
    }

    @Test func aFileThatIsNotThereIsNamedWithTheReason() {
        #expect(throws: ConfigError.self) { try LoadedConfig.load(file: "/nonexistent/gateway.json") }
        do throws(ConfigError) {
            _ = try LoadedConfig.load(file: "/nonexistent/gateway.json")
        } catch {
            #expect(error.description == "/nonexistent/gateway.json: can't be read: No such file or directory")
        }
    }

    @Test func aDirectoryIsNoFile() {
        do throws(ConfigError) {
            _ = try LoadedConfig.load(file: "/")
            Issue.record("a directory was read")
        } catch {
            #expect(error.description == "/: can't be read: Is a directory")
        }
    }

    @Test func aHugeFileIsNotRead() throws {
        try withTemporaryFile(String(repeating: " ", count: ConfigFile.maximumBytes) + "{}") { path in
            #expect(throws: ConfigError.self) { try LoadedConfig.load(file: path) }
        }
    }

    @Test func aFileOnDiskIsLoadedAndNamedInOrigins() throws {
        try withTemporaryFile(#"{"listen": {"port": 9}}"#) { path in
            let loaded = try LoadedConfig.load(file: path, environment: [:], flags: [.listen("127.0.0.2:7")])
            #expect(loaded.config.listen == .init(host: "127.0.0.2", port: 7))
            #expect(loaded.origins["listen.port"] == .flag(name: "--listen"))
        }
    }
}
