import BrokerCore
import Gateway
import Testing

@Suite struct PositionSetTests {
    @Test func `the id of a stream of several channels says where each stands`() throws {
        let set = try PositionSet("build%3A42=k3f9:117&b=77ab%3A4&c=0:0")
        #expect(set.positions.count == 3)
        #expect(try set.positions[ChannelName("build:42")] == Position("k3f9:117"))
        #expect(try set.positions[ChannelName("b")] == Position("77ab:4"))
        #expect(try set.positions[ChannelName("c")] == .origin)
    }

    @Test func `what was written is read again`() throws {
        let names = try ["a=b", "c;d", "x:y/z~+", "@,."].map { try ChannelName($0) }
        let position = try Position("k3f9:117")
        let text = names.map { PositionSet.entry($0, position) }.joined(separator: "&")
        #expect(try PositionSet(text).positions == Dictionary(uniqueKeysWithValues: names.map { ($0, position) }))
    }

    @Test func `nothing names nothing`() throws {
        #expect(try PositionSet("").positions.isEmpty)
    }

    @Test(arguments: ["a", "a=", "a=k3f9", "a=k3f9:x", "=k3f9:1", "a%=k3f9:1", "a%20b=k3f9:1", "a=k3f9:1&b", "a=0:7"])
    func `what is no set of positions is refused`(text: String) {
        #expect(throws: InvalidName.self) { try PositionSet(text) }
    }
}
