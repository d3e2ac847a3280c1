import BrokerCore
import Hub
import Testing

@testable import Gateway

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
        let positions = try Dictionary(uniqueKeysWithValues: names.map { ($0, try Position("k3f9:117")) })
        var writer = ByteWriter()
        writer.append(idOf: positions, moved: names[2])
        let line = writer.finish().withBytes { String(decoding: $0, as: UTF8.self) }
        #expect(line.hasPrefix("id: x%3Ay%2Fz~%2B=k3f9:117&"), "the one that has moved comes first")
        #expect(try PositionSet(line.dropFirst(4).dropLast().description).positions == positions)
    }

    @Test func `nothing names nothing`() throws {
        #expect(try PositionSet("").positions.isEmpty)
    }

    @Test(arguments: ["a", "a=", "a=k3f9", "a=k3f9:x", "=k3f9:1", "a%=k3f9:1", "a%20b=k3f9:1", "a=k3f9:1&b", "a=0:7"])
    func `what is no set of positions is refused`(text: String) {
        #expect(throws: InvalidName.self) { try PositionSet(text) }
    }
}
