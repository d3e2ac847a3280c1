import Testing

@testable import RedisBroker

@Suite struct ClusterViewTests {
    private static let speaker = Endpoint.host("10.0.0.1", port: 7000)
    private static let other = Endpoint.host("10.0.0.2", port: 7000)

    private static func node(_ host: Reply, _ port: Int64, _ id: String) -> Reply {
        .array([host, .integer(port), .bulk(id), .array([])])
    }

    private static func range(_ first: Int64, _ last: Int64, _ nodes: Reply...) -> Reply {
        .array([.integer(first), .integer(last)] + nodes)
    }

    private static let nodes = Reply.bulk(
        """
        aa 10.0.0.1:7000@17000,one.example.org myself,master - 0 1700000000000 7 connected 0-99 [42->-bb] [99-<-cc]
        bb 10.0.0.2:7000@17000 master - 0 1700000000000 9 connected 100-16383
        cc 10.0.0.3:7000@17000 slave aa 0 1700000000000 7 connected

        """)

    private static let slots = Reply.array([
        range(0, 99, node(.bulk("10.0.0.1"), 7000, "aa"), node(.bulk("10.0.0.3"), 7000, "cc")),
        range(100, 16_383, node(.bulk("10.0.0.2"), 7000, "bb")),
    ])

    @Test func `Ranges, epochs, replicas and moving slots are read`() throws {
        let view = try #require(ClusterView(slots: Self.slots, nodes: Self.nodes, from: Self.speaker))
        #expect(
            view.ranges == [
                ClusterView.Range(slots: 0...99, primary: Self.speaker, epoch: 7),
                ClusterView.Range(slots: 100...16_383, primary: Self.other, epoch: 9),
            ])
        #expect(view.replicas == [.host("10.0.0.3", port: 7000)])
        #expect(view.moving == [42, 99])
    }

    @Test func `Without CLUSTER NODES the slots are known all the same`() throws {
        let view = try #require(ClusterView(slots: Self.slots, nodes: nil, from: Self.speaker))
        #expect(view.ranges.map(\.epoch) == [0, 0])
        #expect(view.moving == [])
    }

    @Test(arguments: [Reply.null, .bulk("")])
    func `A host that is left out is the speaker's`(host: Reply) throws {
        let slots = Reply.array([Self.range(0, 1, Self.node(host, 7005, "aa"))])
        let view = try #require(ClusterView(slots: slots, nodes: nil, from: Self.speaker))
        #expect(view.ranges.map(\.primary) == [.host("10.0.0.1", port: 7005)])
    }

    @Test func `A node whose address nobody knows serves nothing`() throws {
        let slots = Reply.array([Self.range(0, 1, Self.node(.bulk("?"), 7005, "aa"))])
        #expect(try #require(ClusterView(slots: slots, nodes: nil, from: Self.speaker)).ranges == [])
    }

    @Test(arguments: [
        Reply.bulk("OK"), .array([.integer(1)]), .array([range(5, 4, node(.bulk("a"), 1, "x"))]),
        .array([range(0, 16_384, node(.bulk("a"), 1, "x"))]), .array([range(-1, 4, node(.bulk("a"), 1, "x"))]),
        .array([.array([.integer(0), .integer(1)])]), .array([range(0, 1, .array([.bulk("a")]))]),
    ])
    func `A reply of another shape is none`(slots: Reply) {
        #expect(ClusterView(slots: slots, nodes: nil, from: Self.speaker) == nil)
    }
}

@Suite struct SlotTableTests {
    private let one = Endpoint.host("a", port: 1)
    private let two = Endpoint.host("a", port: 2)

    private func view(_ slots: ClosedRange<Int>, _ primary: Endpoint, epoch: UInt64) throws -> ClusterView {
        var view = try #require(ClusterView(slots: .array([]), nodes: nil, from: one))
        view.ranges = [ClusterView.Range(slots: slots, primary: primary, epoch: epoch)]
        return view
    }

    @Test func `Of two claims the one with the higher epoch counts, in whatever order they are heard`() throws {
        let stale = try view(0...10, one, epoch: 1)
        let fresh = try view(0...10, two, epoch: 4)
        for views in [[stale, fresh], [fresh, stale]] {
            let table = SlotTable(merging: views)
            #expect(table.primary(of: 5) == two)
            #expect(table.primaries == [two])
        }
    }

    @Test func `Tables that say the same are equal, however they came to be`() throws {
        let table = SlotTable(merging: [try view(0...1, one, epoch: 1), try view(2...3, two, epoch: 1)])
        var other = SlotTable(merging: [try view(0...3, two, epoch: 1)])
        #expect(table != other)
        other.assign(0, to: one)
        other.assign(1, to: one)
        #expect(table == other)
        #expect(other.primary(of: 4) == nil)
        #expect(!other.isComplete)
    }

    @Test func `A table of all slots is complete`() throws {
        #expect(SlotTable(merging: [try view(0...HashSlot.count - 1, one, epoch: 1)]).isComplete)
    }
}
