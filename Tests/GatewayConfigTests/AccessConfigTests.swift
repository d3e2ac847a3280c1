import BrokerCore
import Testing

@testable import GatewayConfig

@Suite struct AccessConfigTests {
    private static let secret = "0123456789abcdef0123456789abcdef"
    private let channel: ChannelName

    init() throws {
        channel = try ChannelName("build:42")
    }

    @Test(arguments: ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"])
    func `what only its own host reaches may be open to anyone`(host: String) throws {
        let config = try load(#"{"listen": {"host": "\#(host)"}}"#).config
        #expect(config.publishPolicy(for: channel) == .anyone)
        #expect(config.subscribePolicy(for: channel) == .anyone)
        #expect(config.metricsPolicy == .anyone)
    }

    @Test func `metrics are for who has a key as soon as there are keys, on loopback too`() throws {
        for auth in [#""secret": "\#(Self.secret)""#, #""api_keys": ["0123456789abcdef"]"#] {
            #expect(try load(#"{"auth": {\#(auth)}}"#).config.metricsPolicy == .key)
            #expect(try load(#"{"auth": {\#(auth), "metrics": "anyone"}}"#).config.metricsPolicy == .anyone)
        }
        #expect(try load(#"{"auth": {"callback": {"url": "http://127.0.0.1:1/"}}}"#).config.metricsPolicy == .anyone)
    }

    @Test(arguments: ["0.0.0.0", "::", "192.0.2.1", "gateway.example.com", "127.0.0.1.example.com"])
    func `what others reach does not start with publishing open to anyone`(host: String) {
        let found = problems(#"{"listen": {"host": "\#(host)"}}"#)
        #expect(found.count == 1)
        #expect(found.first?.contains("open (its default): found false") == true)
        #expect(found.first?.contains(host) == true)
    }

    @Test(arguments: [
        #""open": true"#, #""auth": {"secret": "\#(secret)"}"#, #""auth": {"api_keys": ["0123456789abcdef"]}"#,
        #""auth": {"callback": {"url": "http://127.0.0.1:1/"}}"#, #""namespaces": {"default": {"publish": "nobody"}}"#,
    ])
    func `it does with any word on who may`(words: String) {
        #expect(problems(#"{"listen": {"host": "0.0.0.0"}, \#(words)}"#) == [])
    }

    @Test func `one open namespace is enough to refuse`() {
        let found = problems(
            #"{"listen": {"host": "0.0.0.0"}, "auth": {"secret": "\#(Self.secret)"}, "namespaces": {"lab": {"publish": "anyone"}}}"#
        )
        #expect(found.first?.contains("(in lab)") == true)
    }

    @Test func `a namespace that says nothing asks for what can be checked`() throws {
        let tokens = try load(#"{"auth": {"secret": "\#(Self.secret)", "callback": {"url": "http://a/"}}}"#).config
        #expect(tokens.publishPolicy(for: channel) == .token)
        let callback = try load(#"{"auth": {"callback": {"url": "http://a/"}}}"#).config
        #expect(callback.subscribePolicy(for: channel) == .callback)
        let own = try load(
            #"{"auth": {"secret": "\#(Self.secret)"}, "namespaces": {"build": {"subscribe": "anyone"}}}"#
        ).config
        #expect(own.subscribePolicy(for: channel) == .anyone)
        #expect(own.publishPolicy(for: channel) == .token)
    }

    @Test func `no secret is shown, in the effective configuration or in a complaint`() throws {
        let json = #"{"auth": {"secret": "\#(Self.secret)", "api_keys": ["0123456789abcdef"]}}"#
        let shown = try load(json).config.renderJSON()
        #expect(!shown.contains("0123456789abcdef"))
        let found = problems(nil, ["TELLTALE_AUTH_SECRET": "short but secret", "TELLTALE_AUTH_API_KEYS": "short"])
        #expect(found.count == 2)
        #expect(found.allSatisfy { !$0.contains("short") && $0.contains("***") })
    }

    @Test func `lists are written with commas in a variable`() throws {
        let config = try load(nil, ["TELLTALE_ORIGINS": "https://a.example, http://b.example:8080"]).config
        #expect(config.origins == ["https://a.example", "http://b.example:8080"])
        #expect(try load(nil, ["TELLTALE_TRUSTED_PROXIES": "10.0.0.0/8,::1"]).config.trustedProxies.count == 2)
    }

    @Test(arguments: ["https://a.example/", "a.example", "https://A.example", "https://a b", "https://u@a.example"])
    func `what is no origin is refused`(text: String) {
        #expect(problems(#"{"origins": ["\#(text)"]}"#).count == 1)
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0", "::1/129", "proxy.example.com", "10.0.0.0/-1", "10.0.0.0/"])
    func `what is no network is refused`(text: String) {
        #expect(problems(#"{"trusted_proxies": ["\#(text)"]}"#).count == 1)
    }

    @Test func `a certificate needs its key`() {
        #expect(problems(#"{"listen": {"tls": {"certificate": "a.pem"}}}"#).count == 1)
        #expect(problems(#"{"listen": {"tls": {"certificate": "a.pem", "key": "a.key"}}}"#) == [])
    }
}
