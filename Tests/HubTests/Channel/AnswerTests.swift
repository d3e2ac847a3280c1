import BrokerCore
import Testing

@testable import Hub

/// One query serves all who ask: what a reader is told and fed from somebody else's recovery is what the broker itself
/// would have answered.
@Suite struct AnswerTests {
    @Test(arguments: 0..<4) func `an answer from another's recovery is the broker's own`(block: UInt64) {
        for seed in (block * 300)..<(block * 300 + 300) {
            var history = History(seed: seed)
            history.publish(history.below(30))
            for _ in 0..<20 {
                let (query, ask) = (history.start(), history.start())
                let limit = RecoveryLimit(messages: 1 + history.below(12), bytes: .max)
                let recovery = history.truth.recover(query, limit: limit)
                guard let answer = recovery.answer(to: ask, query: query) else {
                    #expect(ask != query, "a query answers the start that it was made for")
                    continue
                }
                let own = history.truth.recover(ask)
                let label: Comment = "seed \(seed), \(query) for \(ask)"
                #expect(answer.gap == own.gap, label)
                #expect(answer.start == own.start, label)
                #expect(answer.epoch == own.epoch && answer.top == own.top && answer.closed == own.closed, label)
                #expect(answer.haveFrom == own.trimmed + 1, label)
                let fed = recovery.messages.filter { $0.offset > answer.start.offset }
                #expect(fed == Array(own.messages.prefix(fed.count)), label)
                #expect(ask == query || !fed.isEmpty || own.messages.isEmpty || ask == .latest, label)
            }
        }
    }

    @Test func `positions of earlier epochs of the log are answered from one query, each for itself`() throws {
        func position(_ epoch: String, _ offset: UInt64) -> Position { Position(epoch: .named(epoch), offset: offset) }
        let messages = (1...93).map { offset in
            Message(
                channel: Truth.name, epoch: .named("new"), offset: offset, event: .message, data: "d", format: .text,
                time: 0, retain: nil)
        }
        let recovery = Recovery(
            epoch: .named("new"), top: 93, trimmed: 0, closed: false, gap: nil, start: position("new", 0),
            messages: messages, reachesTop: true, predecessors: [position("old", 90), position("older", 40)])
        func answer(_ asked: Position) throws -> Answer {
            try #require(recovery.answer(to: .after(asked), query: .earliest))
        }
        for complete in [position("new", 93), position("old", 90), position("old", 50), position("older", 40)] {
            let answer = try answer(complete)
            #expect(answer.gap == nil)
            #expect(answer.start == position("new", complete.offset))
        }
        for (lost, reason) in [
            (position("old", 91), Gap.Reason.future), (position("older", 41), .future), (position("new", 94), .future),
            (position("other", 1), .epoch),
        ] {
            let answer = try answer(lost)
            #expect(answer.gap == Gap(asked: lost, epoch: .named("new"), haveFrom: 1, reason: reason))
            #expect(answer.start == position("new", 0))
        }
    }

    @Test func `one query for everything serves all but those who want the last so many`() {
        for seed in UInt64(0)..<500 {
            var history = History(seed: seed)
            history.publish(1 + history.below(30))
            let recovery = history.truth.recover(.earliest)
            for _ in 0..<20 {
                let ask = history.start()
                let isServed = recovery.answer(to: ask, query: .earliest) != nil
                if case .last = ask { #expect(!isServed) } else { #expect(isServed, "seed \(seed), \(ask)") }
            }
        }
    }

    @Test func `who alone asks gets just that`() {
        for start in [Start.earliest, .latest, .last(3), .after(.origin), after(7)] {
            #expect(SharedQuery.start(for: [start]) == start)
            #expect(SharedQuery.start(for: [start, start, start]) == start)
        }
        #expect(SharedQuery.start(for: []) == nil)
    }

    @Test func `positions of one epoch are served from the lowest of them`() {
        #expect(SharedQuery.start(for: [after(7), after(3), .latest, after(9)]) == after(3))
        #expect(SharedQuery.start(for: [.latest, after(9)]) == after(9))
    }

    @Test func `a mixture is served by everything, and those who want the last so many one kind at a time`() {
        let other = Start.after(Position(epoch: .named("other"), offset: 1))
        for asks in [[after(7), other], [.latest, .earliest], [after(7), .last(2)], [after(7), .after(.origin)]] {
            #expect(SharedQuery.start(for: asks) == .earliest)
        }
        #expect(SharedQuery.start(for: [.last(2), .last(3)]) == .last(2))
    }

    @Test func `those who were left unserved are served by what one of them asks`() {
        #expect(SharedQuery.start(beside: after(7), among: [after(7), .last(2), after(3), .earliest]) == after(3))
        #expect(SharedQuery.start(beside: .last(2), among: [.last(2), after(3)]) == .last(2))
        #expect(SharedQuery.start(beside: .after(.origin), among: [after(3)]) == .after(.origin))
    }

    @Test func `a reader is finished only with everything of a closed channel`() {
        let end = Position(epoch: .named("e1"), offset: 5)
        func answer(_ start: UInt64, closed: Bool, gap: Gap? = nil) -> Answer {
            Answer(
                gap: gap, start: Position(epoch: end.epoch, offset: start), epoch: end.epoch, top: 5, closed: closed,
                haveFrom: 1)
        }
        #expect(answer(5, closed: true).isFinished)
        #expect(!answer(4, closed: true).isFinished)
        #expect(!answer(5, closed: false).isFinished)
        let gap = Gap(asked: .origin, epoch: end.epoch, haveFrom: 2, reason: .trimmed)
        #expect(!answer(5, closed: true, gap: gap).isFinished)
    }

    private func after(_ offset: UInt64) -> Start { .after(Position(epoch: .named("e1"), offset: offset)) }
}
