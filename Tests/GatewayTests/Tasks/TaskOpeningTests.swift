import BrokerCore
import Tasks
import Testing

@testable import Gateway

@Suite struct TaskOpeningTests {
    private let id: TaskID

    init() throws {
        id = try TaskID("42", namespace: TaskNamespace("task"))
    }

    /// The task as it was when its channel's newest message had this offset.
    private func snapshot(_ epoch: String, top: UInt64) throws -> TaskSnapshot {
        TaskSnapshot(
            ChannelStatus(
                channel: id.channel, epoch: try #require(Epoch(epoch)), top: top, trimmed: 0, closed: false, fence: 1,
                retained: []),
            id: id)
    }

    private func position(_ epoch: String, _ offset: UInt64) throws -> Position {
        Position(epoch: try #require(Epoch(epoch)), offset: offset)
    }

    @Test func `a reader starts where it wants to`() throws {
        for start in [Start.earliest, .last(3), .after(try position("a", 2))] {
            var opening = TaskOpening(id: id, start: start)
            #expect(opening.inspected(try snapshot("a", top: 5)) == .subscribe(start))
        }
    }

    @Test func `a reader who wants only what comes gets what comes after the snapshot`() throws {
        var opening = TaskOpening(id: id, start: .latest)
        let seen = try snapshot("a", top: 5)
        #expect(opening.inspected(seen) == .subscribe(.after(try position("a", 5))))
        #expect(opening.opened(at: try position("a", 5)) == .show(seen))
    }

    @Test func `of a task that there is not yet, all that comes is new`() throws {
        var opening = TaskOpening(id: id, start: .latest)
        let nothing = TaskSnapshot(nil, id: id)
        #expect(opening.inspected(nothing) == .subscribe(.after(.origin)))
        #expect(opening.opened(at: try position("a", 0)) == .show(nothing))
    }

    @Test func `a stream that opens at the snapshot or below shows it`() throws {
        for offset in [0, 3, 5] as [UInt64] {
            var opening = TaskOpening(id: id, start: .earliest)
            let seen = try snapshot("a", top: 5)
            _ = opening.inspected(seen)
            #expect(opening.opened(at: try position("a", offset)) == .show(seen))
        }
    }

    @Test func `a stream that opens above the snapshot is made anew from after it`() throws {
        var opening = TaskOpening(id: id, start: .last(1))
        let seen = try snapshot("a", top: 5)
        _ = opening.inspected(seen)
        #expect(opening.opened(at: try position("a", 7)) == .subscribe(.after(try position("a", 5))))
        #expect(opening.opened(at: try position("a", 5)) == .show(seen))
    }

    @Test func `a stream that opens in another log has the snapshot taken anew`() throws {
        var opening = TaskOpening(id: id, start: .earliest)
        _ = opening.inspected(try snapshot("a", top: 5))
        #expect(opening.opened(at: try position("b", 0)) == .inspect)
        let seen = try snapshot("b", top: 1)
        #expect(opening.inspected(seen) == .subscribe(.earliest))
        #expect(opening.opened(at: try position("b", 0)) == .show(seen))
    }

    @Test func `a log that is another each time keeps nobody`() throws {
        var opening = TaskOpening(id: id, start: .earliest)
        for round in 1..<TaskOpening.maximumInspections {
            _ = opening.inspected(try snapshot("a\(round)", top: 5))
            #expect(opening.opened(at: try position("b\(round)", 0)) == .inspect)
        }
        let seen = try snapshot("a", top: 5)
        _ = opening.inspected(seen)
        #expect(opening.opened(at: try position("b", 0)) == .show(seen))
    }
}
