import BrokerConformance
import BrokerCore
import Testing

@testable import Hub

/// A reader's way through a channel, whatever the order in which things happen.
@Suite struct InterleavingTests {
    typealias Action = Interleaving.Action

    /// Plays the script, lets all settle, then publishes once more: who has not ended must see that as well.
    private func violations(_ script: [Action], keeping: Int = 3, room: Int = 24, page: Int = 2) throws -> [String] {
        let world = try Interleaving(keeping: keeping, room: room, page: page)
        for action in script { world.perform(action) }
        world.settle()
        if !world.truth.isClosed {
            world.perform(.log)
            world.settle()
        }
        return world.violations
    }

    /// Every script of `depth` actions behind a beginning.
    private func explore(after beginning: [Action], _ actions: [Action], depth: Int) throws {
        var count = 0
        var indices = Array(repeating: 0, count: depth)
        while true {
            let script = beginning + indices.map { actions[$0] }
            let found = try violations(script)
            if !found.isEmpty {
                Issue.record("\(found.prefix(3)) after \(script)")
                return
            }
            count += 1
            var place = depth - 1
            while place >= 0, indices[place] == actions.count - 1 {
                indices[place] = 0
                place -= 1
            }
            if place < 0 { break }
            indices[place] += 1
        }
        #expect(count == (0..<depth).reduce(1) { product, _ in product * actions.count })
    }

    @Test func `a reader that opens while publishers race sees everything once`() throws {
        try explore(after: [.attach, .log], [.log, .hear, .read, .answer, .openEarliest, .conflate], depth: 5)
    }

    @Test func `a live reader loses nothing when others come and recover`() throws {
        try explore(
            after: [.attach, .log, .openLatest, .read, .answer], [.log, .hearAll, .read, .answer, .openAfter, .rest],
            depth: 5)
    }

    @Test func `a reader survives the loss of continuity at any moment`() throws {
        try explore(
            after: [.attach, .log, .openEarliest, .read, .answer], [.log, .hear, .read, .answer, .lose, .restore],
            depth: 5)
    }

    @Test func `a slow reader is fed from the log, or told of a gap`() throws {
        try explore(
            after: [.attach, .openEarliest, .read, .answer, .block, .log, .log, .hearAll],
            [.log, .conflate, .hearAll, .trickle, .read, .answer], depth: 5)
    }

    @Test func `closing ends every reader, and none before it has everything`() throws {
        try explore(
            after: [.attach, .log, .log, .log, .openOrigin], [.close, .hear, .read, .answer, .drain, .openLatest],
            depth: 5)
    }

    @Test func `a deleted or expired channel ends its readers or tells them`() throws {
        try explore(
            after: [.attach, .log, .openEarliest, .read, .answer], [.log, .hear, .read, .answer, .delete, .expire],
            depth: 5)
    }

    @Test func `a replaced primary costs a reader what it has lost and nothing else`() throws {
        try explore(
            after: [.attach, .log, .log, .openEarliest, .read, .answer, .hearAll],
            [.log, .hear, .read, .answer, .failOver, .failOverLosing, .restore], depth: 5)
    }

    @Test func `an epoch that follows another in a moment costs a reader nothing`() throws {
        try explore(
            after: [.attach, .log, .openEarliest, .read, .answer, .log, .hearAll],
            [.log, .hear, .read, .answer, .renew, .block, .drain], depth: 5)
    }

    @Test func `a channel is attached while its node is down, and the word of either comes first`() throws {
        try explore(
            after: [.log, .openEarliest],
            [.log, .attachUnheard, .hearAttached, .loseNode, .restore, .hear, .read, .answer], depth: 5)
    }

    @Test func `while a channel's node is down its readers wait, even if the channel is attached`() throws {
        let world = try Interleaving()
        for action in [Action.log, .openEarliest, .loseNode, .attachUnheard, .hearAll, .hearAttached, .read, .answer] {
            world.perform(action)
        }
        #expect(world.readers.allSatisfy { $0.witness.position == nil })
        world.settle()
        #expect(world.violations.isEmpty && world.readers.allSatisfy { $0.witness.position == world.truth.end })
    }

    @Test func `a reader is not told again of what it knows when the log goes on in a new epoch`() {
        func position(_ epoch: String, _ offset: UInt64) -> Position { Position(epoch: .named(epoch), offset: offset) }
        func answer(to asked: Position, at start: Position, reason: Gap.Reason = .trimmed) -> Answer {
            let gap = Gap(asked: asked, epoch: start.epoch, haveFrom: 6, reason: reason)
            return Answer(gap: gap, start: start, epoch: start.epoch, top: 9, closed: false, haveFrom: 6)
        }
        let view = ChannelView()
        var state = SubscriptionState(start: .after(position("old", 1)))
        _ = state.step(view)
        _ = state.answered(answer(to: position("old", 1), at: position("old", 1)))
        state.fed(to: position("old", 2), full: true)
        state.drained()
        #expect(state.step(view) == .ask(.after(position("old", 2))))
        #expect(state.answered(answer(to: position("old", 2), at: position("new", 2))) == .rest)
        // A part of the log that was lost is something else.
        _ = state.step(view)
        let lost = answer(to: position("new", 2), at: position("newer", 0), reason: .future)
        #expect(lost.gap.map { state.answered(lost) == .gap($0) } ?? false)
    }

    /// Long walks through everything that can happen, with bounds of many sizes.
    @Test(arguments: 0..<8) func `random walks through everything keep every promise`(block: Int) throws {
        for seed in (block * 300)..<(block * 300 + 300) {
            var chance = SplitMix64(seed: UInt64(seed))
            let actions = Action.allCases
            let often: [Action] = [.log, .log, .conflate, .hear, .hear, .read, .answer, .answer, .drain]
            let script =
                (chance.happens(oneIn: 4) ? [] : [Action.attach])
                + (0..<(20 + chance.below(60))).map { _ in
                    chance.happens(oneIn: 2) ? often[chance.below(often.count)] : actions[chance.below(actions.count)]
                }
            let sizes = (1 + chance.below(5), 16 + chance.below(64), 1 + chance.below(4))
            guard try !violations(script, keeping: sizes.0, room: sizes.1, page: sizes.2).isEmpty else { continue }
            let least = try shrunk(script) { try violations($0, keeping: sizes.0, room: sizes.1, page: sizes.2) }
            let found = try violations(least, keeping: sizes.0, room: sizes.1, page: sizes.2)
            Issue.record("\(found.prefix(3)), seed \(seed), \(sizes), after \(least)")
            return
        }
    }

    /// The script without all that it can do without to go wrong.
    private func shrunk(_ script: [Action], _ violations: ([Action]) throws -> [String]) rethrows -> [Action] {
        var least = script
        var index = 0
        while index < least.count {
            var less = least
            less.remove(at: index)
            if try violations(less).isEmpty { index += 1 } else { (least, index) = (less, 0) }
        }
        return least
    }
}
