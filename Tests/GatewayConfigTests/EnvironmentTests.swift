import BrokerCore
import Testing

@testable import GatewayConfig

@Suite struct EnvironmentTests {
    @Test func everyKeyIsAlsoAVariable() throws {
        for key in Schema.keys {
            let variable = KeyPathText.variable(key.path(namespace: "default"))
            let literal = key.literal(in: GatewayConfig(), namespace: nil)
            let loaded = try load(nil, [variable: literal.trimmingQuotes])
            #expect(loaded.config == GatewayConfig(), "\(variable)")
            #expect(Array(loaded.origins.values) == [.environment(variable: variable)], "\(variable)")
            #expect(loaded.warnings.isEmpty, "\(variable)")
        }
    }

    @Test func aVariableWinsOverTheFileAndAFlagOverBoth() throws {
        let json = #"{"broker": {"url": "memory:file"}, "listen": {"port": 1, "host": "::1"}, "drain": "1s"}"#
        let variables = ["TELLTALE_BROKER_URL": "memory:variable", "TELLTALE_LISTEN_PORT": "2"]
        let loaded = try load(json, variables, [.broker("memory:flag")])
        #expect(loaded.config.broker.url == "memory:flag")
        #expect(loaded.config.listen == .init(host: "::1", port: 2))
        #expect(
            loaded.renderOrigins() == [
                "listen.host = \"::1\"  (gateway.json:1:58)", "listen.port = 2  (TELLTALE_LISTEN_PORT)",
                "broker.url = \"memory:flag\"  (--broker)", "drain = \"1s\"  (gateway.json:1:74)",
            ])
    }

    @Test func sizesAndDurationsAreWrittenAsInTheFile() throws {
        let config = try load(
            nil,
            ["TELLTALE_LIMITS_MESSAGE_BYTES": "8MiB", "TELLTALE_LIMITS_HEADER_BYTES": "2048", "TELLTALE_DRAIN": "1m"]
        ).config
        #expect(config.limits.messageBytes == 8 << 20)
        #expect(config.limits.headerBytes == 2048)
        #expect(config.drain == .seconds(60))
    }

    @Test func aWrongVariableIsNamedWithItsKey() {
        #expect(
            problems(nil, ["TELLTALE_LISTEN_PORT": "http", "TELLTALE_NAMESPACES_BUILD_HISTORY_MESSAGES": "0"]) == [
                "TELLTALE_LISTEN_PORT (listen.port): found \"http\"; allowed: 0 to 65535 (a whole number)",
                "TELLTALE_NAMESPACES_BUILD_HISTORY_MESSAGES (namespaces.build.history.messages): found \"0\"; "
                    + "allowed: 1 to 1000000 (a whole number)",
            ])
    }

    @Test func anUnknownVariableIsAWarning() throws {
        let loaded = try load(
            nil,
            [
                "TELLTALE_SERVICE_HOST": "10.0.0.1", "TELLTALE_BROKER_URI": "redis://u:secret@h", "PATH": "/bin",
                "telltale_x": "1",
            ])
        #expect(loaded.config == GatewayConfig())
        #expect(
            loaded.warnings == [
                "TELLTALE_BROKER_URI: no key of the configuration has this variable, it is ignored; "
                    + "did you mean TELLTALE_BROKER_URL?",
                "TELLTALE_SERVICE_HOST: no key of the configuration has this variable, it is ignored",
            ])
    }

    @Test func variablesOfOtherCommandsAreNoConcern() throws {
        let loaded = try load(nil, ["TELLTALE_GATEWAY": "http://h", "TELLTALE_TOKEN": "t", "TELLTALE_CONFIG": "f"])
        #expect(loaded.warnings.isEmpty)
        #expect(loaded.config == GatewayConfig())
    }

    @Test func anEmptyVariableIsNotSet() throws {
        let loaded = try load(#"{"drain": "1s"}"#, ["TELLTALE_DRAIN": ""])
        #expect(loaded.config.drain == .seconds(1))
        #expect(loaded.origins["drain"] == .file(path: "gateway.json", position: "1:2"))
    }

    @Test func aVariableFindsItsNamespaceWhateverItsLetters() throws {
        let json = #"{"namespaces": {"CI-Build.2": {"history": {"messages": 5}}}}"#
        let config = try load(json, ["TELLTALE_NAMESPACES_CI_BUILD_2_HISTORY_TTL": "2h"]).config
        #expect(config.namespaces.keys.sorted() == ["CI-Build.2"])
        #expect(config[namespace: "CI-Build.2"].history == RetentionPolicy(messages: 5, ttl: .seconds(7200)))
    }

    @Test func aVariableMayMakeANamespace() throws {
        let variables = [
            "TELLTALE_NAMESPACES_BUILD_HISTORY_TTL_AFTER_CLOSE": "10m", "TELLTALE_NAMESPACES_BUILD_REPLAY": "latest",
            "TELLTALE_NAMESPACES_DEFAULT_HISTORY_MESSAGES": "9",
        ]
        let config = try load(nil, variables).config
        #expect(config.namespaces.keys.sorted() == ["build"])
        #expect(config[namespace: "build"].history == RetentionPolicy(messages: 9, ttlAfterClose: .seconds(600)))
        #expect(config[namespace: "build"].replay == .latest)
        #expect(config.defaultNamespace.history == RetentionPolicy(messages: 9))
    }

    @Test func aVariableMayUndoWhatANamespaceWouldInherit() throws {
        let json = #"{"namespaces": {"default": {"history": {"ttl_after_close": "5m"}}}}"#
        let config = try load(json, ["TELLTALE_NAMESPACES_BUILD_HISTORY_TTL_AFTER_CLOSE": "null"]).config
        #expect(config[namespace: "build"].history.ttlAfterClose == nil)
    }

    @Test func aVariableThatMayMeanSeveralNamespacesIsRefused() {
        #expect(
            problems(#"{"namespaces": {"a-b": {}, "a_b": {}}}"#, ["TELLTALE_NAMESPACES_A_B_REPLAY": "latest"]) == [
                "TELLTALE_NAMESPACES_A_B_REPLAY: found a name of several namespaces (a-b, a_b); "
                    + "allowed: one that is of one namespace; set the key in the file"
            ])
    }
}

extension String {
    /// A JSON literal as a variable has it.
    fileprivate var trimmingQuotes: String {
        hasPrefix("\"") ? String(dropFirst().dropLast()) : self
    }
}
