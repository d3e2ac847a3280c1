import BrokerCore
import Testing

@testable import RedisBroker

@Suite struct HashSlotTests {
    /// What a server's CLUSTER KEYSLOT answers.
    @Test(arguments: [
        ("123456789", 12_739), ("foo", 12_182), ("", 0), ("{a}", 15_495), ("telltale:{a}", 15_495), ("{}foo", 9_500),
        ("foo{}{bar}", 8_363), ("foo{{bar}}zap", 4_015), ("foo{bar}{zap}", 5_061), ("foo{bar", 15_278),
        ("größe", 9_425),
    ])
    func `A key is in the slot that a server says`(key: String, slot: Int) {
        #expect(HashSlot.of(key) == slot)
    }

    @Test func `A channel, its key and its announcements are in one slot`() throws {
        let library = Library(settings: BrokerSettings(), prefix: "acme:jobs:", sharded: true)
        for name in ["build:42", "a", "x/y;z~+=@,.-_"] {
            let channel = try ChannelName(name)
            #expect(HashSlot.of(channel) == HashSlot.of(library.key(of: channel)))
            #expect(HashSlot.of(channel) == HashSlot.of(name))
        }
    }
}
