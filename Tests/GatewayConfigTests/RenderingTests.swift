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

    @Test func theEffectiveConfigurationHidesThePasswordOfTheListenURL() throws {
        let url = "postgres://user:secret@host/db"
        let loaded = try load(nil, ["TELLTALE_BROKER_POSTGRES_LISTEN_URL": url])
        #expect(loaded.config.renderJSON().contains(#""listen_url": "postgres://user:***@host/db""#))
        #expect(!loaded.renderOrigins().joined().contains("secret"))
        #expect(loaded.config.broker.postgres.listenURL == url)
        #expect(!problems(#"{"broker": {"postgres": {"listen_url": "\#(url)\n"}}}"#).joined().contains("secret"))
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
        ("host=h password=sec'ret user=u", "host=h password=*** user=u"),
        ("rediss://user:secret@host:6379/0?ca=/ca.pem", "rediss://user:***@host:6379/0?ca=/ca.pem"),
        ("redis://secret@host/0", "redis://***@host/0"),
        ("redis://host/0?password=se cret'x&prefix=a:", "redis://host/0?password=***&prefix=a:"),
        ("redis://host/0?prefix=a:&sentinel_p%61ssword=secret", "redis://host/0?prefix=a:&sentinel_p%61ssword=***"),
        ("redis+unix://:secret@/run/redis.sock?db=1", "redis+unix://:***@/run/redis.sock?db=1"),
        ("redis+unix:///run/redis.sock?db=1&password=secret", "redis+unix:///run/redis.sock?db=1&password=***"),
        (
            "redis+sentinel://user:secret@a:26379,b:26379,[::1]:26379/main/0?sentinel_user=s&sentinel_password=secret",
            "redis+sentinel://user:***@a:26379,b:26379,[::1]:26379/main/0?sentinel_user=s&sentinel_password=***"
        ),
        ("redis+cluster://:secret@a:7000,b:7001", "redis+cluster://:***@a:7000,b:7001"),
        ("REDIS+CLUSTER://a:7000,b:7001/?PASSWORD=secret", "REDIS+CLUSTER://a:7000,b:7001/?PASSWORD=***"),
    ])
    func aPasswordIsHiddenWhereverAURLMayHaveIt(url: String, shown: String) {
        #expect(Secrets.mask(url) == shown)
    }

    @Test(arguments: [
        ("https://app.example.com/may", "https://app.example.com/may"),
        ("http://user:secret@host:8000/may", "http://***@host:8000/may"),
        ("http://secret@host/may?x=secret&y=secret#z", "http://***@host/may?x=***&y=***"),
        ("http://user:se/cr?et@host/may", "http://***@host/may"),
        ("http://host/may?secret", "http://host/may?***"), ("http://host/may?a=&b", "http://host/may?***&***"),
    ])
    func ofAnHTTPURLAllIsHiddenThatMayBeASecret(url: String, shown: String) throws {
        #expect(Secrets.maskHTTP(url) == shown)
        let auth = #"{"auth": {"callback": {"url": "\#(url)"}, "jwks_url": "\#(url)"}}"#
        let rendered = try load(auth).config.renderJSON()
        #expect(!rendered.contains("secret@") && !rendered.contains("?secret") && rendered.contains(shown))
    }
}
