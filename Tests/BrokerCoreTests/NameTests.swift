import BrokerCore
import Testing

@Suite struct NameTests {
    @Test(arguments: ["a", "build:42", "A-z_0=9@,.;:/~+", String(repeating: "x", count: 200)])
    func `a channel name may hold what the rule allows`(_ name: String) throws {
        #expect(try ChannelName(name).rawValue == name)
    }

    @Test(arguments: ["", "a b", "ü", "a\0", "a?b", "a#", "a\n", String(repeating: "x", count: 201)])
    func `any other channel name is refused with the rule`(_ name: String) {
        #expect(throws: InvalidName(kind: .channel, found: name, rule: ChannelName.rule)) { try ChannelName(name) }
    }

    @Test func `the namespace is what stands before the first colon`() throws {
        #expect(try ChannelName("build:42:control").namespace == "build")
        #expect(try ChannelName("news").namespace == nil)
        #expect(try ChannelName(":x").namespace == "")
    }

    @Test func `channels sort by the bytes of their names`() throws {
        let names = try ["b", "a:1", "a", "A", "a~", "a+"].map { try ChannelName($0) }
        #expect(names.sorted().map(\.rawValue) == ["A", "a", "a+", "a:1", "a~", "b"])
    }

    @Test(arguments: ["", "stream-open", "a/b", "a\0", "é", String(repeating: "e", count: 65)])
    func `an event name that is too long, foreign or reserved is refused`(_ name: String) {
        #expect(throws: InvalidName.self) { try EventName(name) }
    }

    @Test(arguments: ["message", "streaming", "a.b:c-d_e", String(repeating: "e", count: 64)])
    func `other event names are taken`(_ name: String) throws {
        #expect(try EventName(name).rawValue == name)
    }

    @Test func `keys keep to their rules`() throws {
        #expect(try RetainKey("state").rawValue == "state")
        #expect(throws: InvalidName.self) { try RetainKey("a b") }
        #expect(try IdempotencyKey(String(repeating: "~", count: 255)).rawValue.utf8.count == 255)
        #expect(throws: InvalidName.self) { try IdempotencyKey(String(repeating: "~", count: 256)) }
        #expect(throws: InvalidName.self) { try IdempotencyKey("") }
        #expect(throws: InvalidName.self) { try IdempotencyKey("a\u{7f}") }
    }

    @Test func `a refusal shows no more than the beginning of what was given`() {
        let refusal = #expect(throws: InvalidName.self) { try ChannelName(String(repeating: "x", count: 100_000)) }
        #expect(refusal?.found.count == 64)
    }
}
