import BrokerCore
import Testing

@testable import RedisBroker

@Suite struct PlacementTests {
    private let one = Endpoint.host("a", port: 1)
    private let two = Endpoint.host("a", port: 2)
    private let channel: ChannelName
    private let slot: Int

    init() throws {
        channel = try ChannelName("build:42")
        slot = HashSlot.of(channel)
    }

    private func table(_ primary: Endpoint?) -> SlotTable {
        var table = SlotTable()
        table.assign(slot, to: primary)
        return table
    }

    @Test func `A channel is attached at the primary of its slot, and leaves from there`() {
        var placement = Placement()
        let places = placement.attach([channel], by: table(one))
        #expect(places == [one: [channel]])
        #expect(placement.channels(at: one) == [channel])
        let left = [placement.detach([channel]), placement.detach([channel])]
        #expect(left == [[one: [channel]], [:]])
        #expect(placement.isSettled)
    }

    @Test func `A channel that no one serves waits for a primary`() {
        var placement = Placement()
        let places = placement.attach([channel], by: table(nil))
        #expect(places == [nil: [channel]])
        #expect(!placement.isSettled)
        let moves = placement.follow(table(one))
        #expect(moves == [Placement.Move(from: nil, to: one, channels: [channel])])
        #expect(placement.isSettled)
    }

    @Test func `A channel moves once with its slot`() {
        var placement = Placement()
        _ = placement.attach([channel], by: table(one))
        let moves = [placement.follow(table(two)), placement.follow(table(two))]
        #expect(moves == [[Placement.Move(from: one, to: two, channels: [channel])], []])
        #expect(placement.strays([channel], from: one) == [channel])
        #expect(placement.strays([channel], from: two) == [])
    }

    @Test func `A channel that was handed back goes where the table says, be it the same node`() {
        var placement = Placement()
        _ = placement.attach([channel], by: table(one))
        placement.handedBack([channel], by: one)
        #expect(!placement.isSettled)
        let moves = placement.follow(table(one))
        #expect(moves == [Placement.Move(from: nil, to: one, channels: [channel])])
    }

    @Test func `What an old node hands back late stays at the new one`() {
        var placement = Placement()
        _ = placement.attach([channel], by: table(one))
        _ = placement.follow(table(two))
        placement.handedBack([channel], by: one)
        #expect(placement.isSettled)
        #expect(placement.channels(at: two) == [channel])
    }

    @Test func `A channel that waits can be detached, and attached again`() {
        var placement = Placement()
        _ = placement.attach([channel], by: table(nil))
        let places = placement.detach([channel])
        #expect(places == [nil: [channel]])
        #expect(placement.isSettled)
        _ = placement.attach([channel], by: table(one))
        _ = placement.attach([channel], by: table(one))
        #expect(placement.isSettled)
    }

    @Test func `Channels whose slot moves are found where they are`() {
        var placement = Placement()
        _ = placement.attach([channel], by: table(one))
        #expect(placement.channels(in: [slot]) == [one: [channel]])
        #expect(placement.channels(in: [slot ^ 1]) == [:])
    }
}
