import BrokerCore
import Foundation
import GatewayConfig
import Testing

@testable import Access

@Suite struct TokenOrderTests {
    let clock = TestClock()

    @Test func `what is ordered is what is taken`() async throws {
        var order = TokenOrder(lifetime: .seconds(90))
        order.rights = [.subscribe: ["build:*", "user:{sub}"], .cancel: ["task:1"]]
        (order.subject, order.issuer, order.audience) = ("a\"b\\", "me", "here")
        let token = try order.token(signedBy: try await TestKeys.signing(.hs256), now: clock.now)
        let access = try await access(clock: clock) {
            ($0.auth.secret, $0.auth.issuer, $0.auth.audience) = (TestKeys.secret, "me", "here")
        }
        let identity = try await access.identify(.token(token))
        #expect(identity.name == "a\"b\\" && identity.expires == clock.now + 90_000 + 30_000)
        #expect(try await access.refusal(.cancel, "task:1", token: token) == nil)
        #expect(try await access.refusal(.publish, "build:1", token: token)?.code == "forbidden")
    }

    @Test func `a link's token reads one channel`() async throws {
        var order = TokenOrder(lifetime: .seconds(900))
        order.link = try ChannelName("task:42")
        let token = try order.token(signedBy: try await TestKeys.signing(.hs256), now: clock.now)
        let access = try await access(clock: clock) { $0.auth.secret = TestKeys.secret }
        #expect(try await access.identify(.token(token)).untilClosed)
        #expect(try await access.refusal(.subscribe, "task:42", token: token) == nil)
        #expect(try await access.refusal(.publish, "task:42", token: token)?.code == "forbidden")
    }

    @Test func `a pattern that would allow nothing is found`() {
        var order = TokenOrder(lifetime: .seconds(1))
        order.rights = [.subscribe: ["ok:*"], .publish: ["a b"]]
        #expect(order.emptyPattern == "a b")
        order.rights = [.subscribe: ["user:{sub}"]]
        #expect(order.emptyPattern == "user:{sub}")
        order.subject = "alice"
        #expect(order.emptyPattern == nil)
    }

    @Test func `base64url has one spelling`() {
        for length in 0..<100 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255) }
            let text = Base64URL.encode(bytes)
            #expect(Base64URL.decode(text.utf8) == bytes)
            let plain = Data(bytes).base64EncodedString().filter { $0 != "=" }
            #expect(text == plain.replacing("+", with: "-").replacing("/", with: "_"))
        }
        for wrong in ["A", "AAAAA", "AB", "AAB", "AA==", "A+AA", "A/AA", "AA A", "AAA\n"] {
            #expect(Base64URL.decode(wrong.utf8) == nil, "\(wrong)")
        }
    }
}
