import Testing

@testable import RedisBroker

@Suite struct RedisURLTests {
    @Test(
        arguments: [
            ("redis://localhost", .single(.host("localhost", port: 6379)), 0),
            ("redis://10.0.0.1:7000/3", .single(.host("10.0.0.1", port: 7000)), 3),
            ("REDIS://h/", .single(.host("h", port: 6379)), 0),
            ("redis://[::1]:7000", .single(.host("::1", port: 7000)), 0),
            ("redis://[::1]", .single(.host("::1", port: 6379)), 0),
            ("redis+unix:///run/redis%20a.sock?db=2", .single(.unix("/run/redis a.sock")), 2),
            (
                "redis+sentinel://a,b:7001/mymaster/4",
                .sentinel([.host("a", port: 26_379), .host("b", port: 7001)], master: "mymaster"), 4
            ),
            ("redis+cluster://a,b:7001", .cluster([.host("a", port: 6379), .host("b", port: 7001)]), 0),
        ] as [(String, RedisURL.Kind, Int)])
    func `where the servers are`(text: String, kind: RedisURL.Kind, database: Int) throws {
        let url = try RedisURL(text)
        #expect(url.kind == kind)
        #expect(url.options.database == database)
        #expect(url.options.credentials == nil && url.options.tls == nil)
    }

    @Test func `who logs in is percent-decoded`() throws {
        #expect(
            try RedisURL("redis://wor%3Aker:p%40ss%2F%23@h").options.credentials
                == Credentials(user: "wor:ker", password: "p@ss/#"))
        #expect(try RedisURL("redis://:pass@h").options.credentials == Credentials(user: nil, password: "pass"))
        #expect(try RedisURL("redis://pass@h").options.credentials == Credentials(user: nil, password: "pass"))
        #expect(try RedisURL("redis+unix://u:p:q@/s").options.credentials == Credentials(user: "u", password: "p:q"))
    }

    @Test func `every option has its place`() throws {
        let url = try RedisURL(
            "rediss+sentinel://h/m?prefix=acme:jobs:&ca=/a.pem&cert=/c.pem&key=/k.pem&server_name=redis.internal"
                + "&timeout=500ms&connect_timeout=5s&canary=1m&sentinel_password=p%26q&sentinel_user=watch")
        var expected = RedisOptions()
        expected.prefix = "acme:jobs:"
        expected.tls = TLSOptions(
            authority: "/a.pem", certificate: "/c.pem", key: "/k.pem", serverName: "redis.internal")
        expected.commandTimeout = .milliseconds(500)
        expected.connectTimeout = .seconds(5)
        expected.canaryInterval = .seconds(60)
        expected.sentinelCredentials = Credentials(user: "watch", password: "p&q")
        #expect(url.options == expected)
        #expect(url.options.forSentinels.credentials == expected.sentinelCredentials)
    }

    @Test(arguments: [
        ("localhost:6379", "redis://user:password@host"),
        ("http://h", "rediss+cluster://"),
        ("rediss+unix:///s", "redis+unix://"),
        ("redis://", "needs a host"),
        ("redis://a,b", "redis+cluster://"),
        ("redis://h:0", "1 to 65535"), ("redis://h:70000", "1 to 65535"), ("redis://h:", "1 to 65535"),
        ("redis://::1", "[ ]"),
        ("redis://h/x", "a number"), ("redis://h/-1", "a number"), ("redis://h/0/1", "nothing may follow"),
        ("redis://:@h", "is empty"),
        ("redis://h?db=1", "prefix, timeout"), ("redis://h?ca=/a", "prefix, timeout"),
        ("redis://h?prefix=a&prefix=b", "twice"),
        ("redis://h?prefix=", "empty"), ("redis://h?prefix={a}", "letters, digits"),
        ("redis://h?prefix=1:", "begins with a letter"),
        ("redis://h?timeout=2", "50ms to 60s"), ("redis://h?timeout=10ms", "50ms to 60s"),
        ("redis://h?canary=2m", "50ms to 60s"),
        ("redis://h?timeout=99999999999999999999s", "50ms to 60s"),
        ("rediss://h?cert=/c", "need each other"),
        ("redis+sentinel://h", "names its master"), ("redis+sentinel://h/m?sentinel_user=u", "needs sentinel_password"),
        ("redis+cluster://h/1", "database 0 only"),
        ("redis+unix://", "three slashes"), ("redis+unix://run/redis.sock", "three slashes"),
        ("redis://%zz", "hexadecimal"), ("redis://%ff", "UTF-8"), ("redis://h%00", "zero"), ("redis://h#x", "%23"),
    ])
    func `what is wrong is said in one line`(text: String, words: String) {
        let error = #expect(throws: RedisURLError.self) { try RedisURL(text) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("\n") == false)
    }

    @Test(arguments: [
        "redis://u:secret", "redis://u:secret@", "redis://u:sec/secret@h", "redis://u:sec?secret@h",
        "redis://u:sec#secret@h",
        "redis://u:secret@secret@h", "redis://u:secret%zz@h", "redis://u:secret%ff@h", "redis://u:secret@h:x",
        "redis://u:secret@h?nosuch=1", "redis://u:secret@h/x", "redis+unix://u:secret/s", "http://u:secret@h", "secret",
        "redis+sentinel://h/m?sentinel_password=secret&sentinel_password=secret", "redis+sentinel://u:secret@h",
    ])
    func `no error shows the password`(text: String) {
        let error = #expect(throws: RedisURLError.self) { try RedisURL(text) }
        #expect(error.map { String(reflecting: $0) }?.contains("secret") == false, "\(error?.description ?? "")")
    }

    @Test func `a URL that is printed shows no password`() throws {
        let url = try RedisURL("rediss+sentinel://u:secret@h/m?sentinel_password=secret2")
        var dumped = ""
        dump(url, to: &dumped)
        for text in ["\(url)", String(reflecting: url), "\(url.options)", dumped] { #expect(!text.contains("secret")) }
        #expect("\(url)" == "Redis primary m by the sentinels h:26379 (TLS)")
    }
}
