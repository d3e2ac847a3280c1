import BrokerCore
import GatewayConfig
import Testing

@testable import Access

@Suite struct PolicyTests {
    let key = "producer-key-1234567890"

    private func withPolicies(_ configure: (inout GatewayConfig) -> Void = { _ in }) async throws -> AccessControl {
        try await access {
            ($0.auth.secret, $0.auth.apiKeys) = (TestKeys.secret, ["another-key-1234567890", key])
            $0[namespace: "open"].subscribe = .anyone
            $0[namespace: "open"].publish = .anyone
            $0[namespace: "shut"].subscribe = .nobody
            $0[namespace: "shut"].publish = .nobody
            configure(&$0)
        }
    }

    @Test func `without a configuration everything is open`() async throws {
        let access = try await access { _ in }
        #expect(access.isOpen)
        #expect(try await access.refusal(.publish, "a", token: nil) == nil)
    }

    @Test func `one closed namespace is enough to be asked`() async throws {
        #expect(try await access { $0[namespace: "shut"].publish = .nobody }.isOpen == false)
        #expect(try await access { $0.auth.secret = TestKeys.secret }.isOpen == false)
        #expect(try await access { $0.auth.callback.url = "http://127.0.0.1:1/" }.isOpen == false)
    }

    @Test func `without a token it is said that one is needed`() async throws {
        let access = try await withPolicies()
        for action in AccessAction.allCases {
            #expect(try await access.refusal(action, "a", token: nil)?.code == "token_missing")
            #expect(try await access.refusal(action, "open:a", token: nil) == nil)
            #expect(try await access.refusal(action, "shut:a", token: nil)?.code == "forbidden")
        }
    }

    @Test func `a key may everything but what is nobody's`() async throws {
        let access = try await withPolicies()
        for action in AccessAction.allCases {
            #expect(try await access.refusal(action, "a", token: key) == nil)
            #expect(try await access.refusal(action, "shut:a", token: key)?.code == "forbidden")
        }
        let identity = try await access.identify(.token(key))
        #expect(identity.isKey && identity.publisher == "key:2" && identity.expires == nil)
    }

    @Test(arguments: ["producer-key-123456789", "producer-key-12345678901", "PRODUCER-KEY-1234567890", "", "x"])
    func `what is almost a key is none`(wrong: String) async throws {
        #expect(try await withPolicies().refusal(of: wrong)?.code == "token_invalid")
    }

    @Test func `a bad token is refused even where none is needed`() async throws {
        let access = try await withPolicies()
        #expect(try await access.refusal(.subscribe, "open:a", token: "nonsense")?.code == "token_invalid")
    }

    @Test func `nobody is nobody, whatever a token says`() async throws {
        let token = try await token(#"{"exp":4000000000,"subscribe":["*"],"publish":["*"],"cancel":["*"]}"#)
        let access = try await withPolicies()
        #expect(try await access.refusal(.subscribe, "shut:a", token: token)?.code == "forbidden")
        #expect(try await access.refusal(.cancel, "shut:a", token: token)?.code == "forbidden")
        #expect(try await access.refusal(.cancel, "a", token: token) == nil)
    }

    @Test func `a list shows what one may read`() async throws {
        let access = try await withPolicies()
        let token = try await token(#"{"exp":4000000000,"subscribe":["build:*"],"publish":["news"]}"#)
        let (reader, nobody) = (try await access.identify(.token(token)), try await access.identify(.nobody))
        let producer = try await access.identify(.token(key))
        for (channel, who) in [
            ("build:1", [true, false, true]), ("news", [false, false, true]), ("open:1", [true, true, true]),
            ("shut:1", [false, false, false]),
        ] {
            let name = try ChannelName(channel)
            #expect([reader, nobody, producer].map { access.mayList(name, $0) } == who, "\(channel)")
        }
    }

    @Test func `a link reads its channel, and dies with it`() async throws {
        let access = try await withPolicies()
        let token = try await token(#"{"exp":4000000000,"link":"task:42"}"#)
        #expect(try await access.identify(.token(token)).untilClosed)
        #expect(try await access.refusal(.subscribe, "task:42", token: token) == nil)
        for (action, channel) in [
            (AccessAction.publish, "task:42"), (.cancel, "task:42"), (.subscribe, "task:43"),
            (.subscribe, "task:42:control"),
        ] {
            #expect(try await access.refusal(action, channel, token: token)?.code == "forbidden")
        }
    }

    @Test(arguments: [
        #""link":"task:*""#, #""link":"""#, #""link":7"#, #""link":"a b""#, #""link":"a","publish":["*"]"#,
        #""link":["a"]"#,
    ])
    func `a link that is more than one channel is none`(claim: String) async throws {
        let token = try await token(#"{"exp":4000000000,\#(claim)}"#)
        #expect(try await withPolicies().refusal(of: token)?.code == "token_invalid")
    }

    @Test func `a key that was taken away does nothing more, though its connection is open`() async throws {
        let access = try await withPolicies()
        let producer = try await access.identify(.token(key))
        let admission = Admission(producer)
        #expect(access.refusal(of: admission) == nil)
        var config = GatewayConfig()
        config.auth.apiKeys = ["another-key-1234567890"]
        config[namespace: "open"].publish = .anyone
        try await access.prepare(config)()
        #expect(access.refusal(of: admission) == .unknownSignature)
        for channel in ["a", "open:a"] {
            let answer = access.decideNow(.publish, try ChannelName(channel), producer)
            #expect(throws: AccessRefusal.unknownSignature) { try answer?.get() }
        }
        #expect(!access.mayList(try ChannelName("a"), producer))
        let other = try await access.identify(.token("another-key-1234567890"))
        #expect(access.refusal(of: Admission(other)) == nil)
    }

    @Test func `who was asked nothing is let go when something is protected`() async throws {
        let access = try await access { _ in }
        #expect(access.refusal(of: Admission(nil)) == nil)
        var config = GatewayConfig()
        config.auth.secret = TestKeys.secret
        try await access.prepare(config)()
        #expect(access.refusal(of: Admission(nil)) == .missing)
        let reader = try await access.identify(.nobody)
        #expect(access.refusal(of: Admission(reader)) == nil, "what it may is asked each time")
    }

    @Test func `a token follows one of the same subject, a key a key, and a link a link`() async throws {
        let access = try await withPolicies()
        func identity(_ claims: String) async throws -> Identity {
            try await access.identify(.token(try await token(#"{"exp":4000000000,\#(claims)}"#)))
        }
        let ann = try await [identity(#""sub":"ann""#), identity(#""sub":"ann","publish":["a"]"#)]
        let nameless = try await [identity(#""subscribe":["a"]"#), identity(#""subscribe":["b"]"#)]
        let links = try await [identity(#""link":"a""#), identity(#""link":"b""#)]
        let keys = [
            try await access.identify(.token(key)), try await access.identify(.token("another-key-1234567890")),
        ]
        let kinds = [ann, nameless, links, keys, try await [identity(#""sub":"bob""#), identity(#""sub":"bob""#)]]
        for (index, kind) in kinds.enumerated() {
            for (other, others) in kinds.enumerated() {
                #expect(kind[0].mayBeRenewed(by: others[1]) == (index == other), "\(index) by \(other)")
            }
        }
    }
}
