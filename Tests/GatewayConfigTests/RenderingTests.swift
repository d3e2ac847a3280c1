import Testing

@testable import GatewayConfig

@Suite struct RenderingTests {
    @Test func theEffectiveConfigurationIsAFileThatMeansTheSame() throws {
        let config = try load(
            """
            { "namespaces": {"default": {"replay": "latest"}, "a.b": {"history": {"messages": 3}}, "a": {}},
              "limits": {"message_bytes": 1000, "line_bytes": "512"}, "drain": "90s" }
            """
        ).config
        #expect(try load(config.renderJSON()).config == config)
    }

    @Test func theEffectiveConfigurationHidesThePassword() throws {
        let loaded = try load(nil, [:], [.broker("redis://user:secret@host:6379/0")])
        #expect(loaded.config.renderJSON().contains(#""url": "redis://user:***@host:6379/0""#))
        #expect(loaded.renderOrigins() == [#"broker.url = "redis://user:***@host:6379/0"  (--broker)"#])
        #expect(loaded.config.broker.url == "redis://user:secret@host:6379/0")
    }

    @Test func originsNameOnlyWhatIsNotTheDefault() throws {
        let loaded = try load(
            """
            { "drain": "10s", "heartbeat": "20s", "namespaces": {
                "default": {"history": {"ttl": "2h"}}, "a.b": {"history": {"ttl": "2h", "messages": 5}}} }
            """)
        #expect(
            loaded.renderOrigins()
                == [
                    "namespaces.\"a.b\".history.messages = 5  (gateway.json:2:77)",
                    "namespaces.default.history.ttl = \"2h\"  (gateway.json:2:29)",
                    "heartbeat = \"20s\"  (gateway.json:1:19)",
                ])
    }

    @Test(arguments: [
        ("memory:", "memory:"),
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("redis://:secret@host", "redis://:***@host"),
        ("postgres://user@host:5432/db", "postgres://user@host:5432/db"),
        ("postgres://user:se/cr?e@t@host:5432/db", "postgres://user:***@host:5432/db"),
        (
            "postgres://host/db?user=u&password=secret&sslmode=require",
            "postgres://host/db?user=u&password=***&sslmode=require"
        ),
        ("host=h password=secret user=u", "host=h password=*** user=u"),
        ("host=h PASSWORD = 'a \\' secret' user=u", "host=h PASSWORD = *** user=u"),
        ("host=h sslpassword=secret", "host=h sslpassword=***"),
    ])
    func aPasswordIsHiddenWhereverAURLMayHaveIt(url: String, shown: String) {
        #expect(Secrets.mask(url) == shown)
    }
}
