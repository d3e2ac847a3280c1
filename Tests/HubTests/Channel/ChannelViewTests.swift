import BrokerCore
import Testing

@testable import Hub

/// What the Hub knows of a channel by itself, held against what the broker would say.
@Suite struct ChannelViewTests {
    @Test(arguments: 0..<4) func `the window answers as the broker would, or not at all`(block: UInt64) {
        for seed in (block * 300)..<(block * 300 + 300) {
            var history = History(seed: seed)
            var view = ChannelView()
            history.publish(history.below(20))
            var heard = history.announced.count
            for _ in 0..<12 {
                history.publish(history.below(6))
                // A recovery read now arrives after some of what was announced, and before the rest.
                let query = history.start()
                let limit = RecoveryLimit(messages: 1 + history.below(15), bytes: .max)
                let recovery = history.truth.recover(query, limit: limit)
                history.publish(history.below(4))
                let some = history.below(history.announced.count - heard + 1)
                for announcement in history.announced[heard..<(heard + some)] { _ = view.announce(announcement) }
                heard += some
                if history.below(2) == 0 { _ = view.recovered(recovery, query: query, undisturbed: some == 0) }
                if history.below(10) == 0 { view.rest() }
                if history.below(20) == 0 { view.forget() }
                compare(&view, &history, "seed \(seed)")
                for announcement in history.announced[heard...] { _ = view.announce(announcement) }
                heard = history.announced.count
                compare(&view, &history, "seed \(seed), all heard")
            }
        }
    }

    /// The broker at the moment that the view has come to is asked the same.
    private func compare(_ view: inout ChannelView, _ history: inout History, _ label: Comment) {
        for _ in 0..<6 {
            let ask = history.start()
            guard let answer = view.answer(to: ask), let window = view.window else { continue }
            let fed = window.messages(after: answer.start.offset)
            #expect(answer.top == window.tail.offset && answer.epoch == window.epoch, label)
            #expect(fed.last.map { $0.offset == answer.top } ?? (answer.start.offset == answer.top), label)
            requireNothingMissing(answer, fed, history.truth, label)
            guard window.tail == history.truth.end else { continue }
            let own = history.truth.recover(ask)
            #expect(answer.closed == own.closed, label)
            #expect(answer.gap == nil || own.gap?.reason == answer.gap?.reason, "\(label) \(ask)")
            if case .last(let count) = ask {
                // Of a log that has fewer, the window may hold more than the broker.
                #expect(history.truth.logged < count || answer.start == own.start, "\(label) \(ask)")
            } else {
                #expect(own.messages.allSatisfy { message in fed.contains { $0 == message } }, "\(label) \(ask)")
            }
        }
    }

    /// What the reader is not given was superseded, or it is told.
    private func requireNothingMissing(_ answer: Answer, _ fed: [Message], _ truth: Truth, _ label: Comment) {
        var last = answer.start.offset
        for message in fed {
            #expect(message.offset > last, label)
            for offset in (last + 1)..<max(message.offset, last + 1) where offset >= answer.haveFrom {
                #expect(truth.isSuperseded(Position(epoch: message.epoch, offset: offset)), "\(label): \(offset)")
            }
            last = message.offset
        }
    }

    // MARK: Verdicts

    private func announcement(_ offset: UInt64, _ epoch: String = "e1", closes: Bool = false) -> Announcement {
        Announcement(
            message: Message(
                channel: Truth.name, epoch: .named(epoch), offset: offset, event: .message, data: "d", format: .text,
                time: 0, retain: nil), conflated: false, closes: closes)
    }

    private func recovery(_ epoch: String, top: UInt64, closed: Bool = false) -> Recovery {
        let end = Position(epoch: .named(epoch), offset: top)
        return Recovery(
            epoch: end.epoch, top: top, trimmed: 0, closed: closed, gap: nil, start: end, messages: [], reachesTop: true
        )
    }

    @Test func `the next announcement is next, an old one is known, a hole is a break`() {
        var view = ChannelView()
        _ = view.recovered(recovery("e1", top: 3), query: .latest, undisturbed: true)
        #expect(view.announce(announcement(3)) == .known)
        #expect(view.announce(announcement(4)) == .next)
        #expect(view.announce(announcement(6)) == .broken)
        #expect(view.announce(announcement(7)) == .next)
        #expect(view.tail?.offset == 7)
    }

    @Test func `announcements that go back or change the epoch are a break`() {
        var view = ChannelView()
        _ = view.recovered(recovery("e1", top: 3), query: .latest, undisturbed: true)
        #expect(view.announce(announcement(4)) == .next)
        #expect(view.announce(announcement(2)) == .broken)
        #expect(view.announce(announcement(1, "e2")) == .broken)
        #expect(view.announce(announcement(2, "e2")) == .next)
    }

    @Test func `the first message of a channel that did not exist is next`() {
        var view = ChannelView()
        let absent = Recovery(
            epoch: .none, top: 0, trimmed: 0, closed: false, gap: nil, start: .origin, messages: [], reachesTop: true)
        #expect(view.recovered(absent, query: .earliest, undisturbed: true) == false)
        #expect(view.announce(announcement(1)) == .next)
    }

    @Test func `a message of an epoch that follows the tail's is a break, until a recovery has told of the epoch`() {
        let end = Position(epoch: .named("e1"), offset: 3)
        var next = recovery("e2", top: 3)
        next.predecessors = [end]
        var unaware = ChannelView()
        _ = unaware.recovered(recovery("e1", top: 3), query: .latest, undisturbed: true)
        #expect(unaware.announce(announcement(4, "e2")) == .broken)
        #expect(!unaware.covers(end))
        var later = next
        (later.top, later.messages) = (4, [announcement(4, "e2").message])
        #expect(unaware.recovered(later, query: .after(end), undisturbed: false) == false)
        #expect(unaware.covers(end))
        var aware = ChannelView()
        _ = aware.recovered(recovery("e1", top: 3), query: .latest, undisturbed: true)
        #expect(aware.recovered(next, query: .after(end), undisturbed: true) == true)
        #expect(aware.covers(end))
        #expect(aware.announce(announcement(4, "e2")) == .next)
        #expect(aware.answer(to: .after(end))?.start == Position(epoch: .named("e2"), offset: 3))
    }

    @Test func `a recovery that goes beyond the tail says that the live are behind`() {
        var view = ChannelView()
        #expect(view.recovered(recovery("e1", top: 3), query: .latest, undisturbed: true) == false)
        #expect(view.recovered(recovery("e1", top: 3), query: .latest, undisturbed: true) == false)
        var more = recovery("e1", top: 5)
        more.start.offset = 3
        more.messages = [announcement(4).message, announcement(5).message]
        #expect(view.recovered(more, query: .after(more.start), undisturbed: true) == true)
        #expect(view.covers(more.start))
        #expect(view.announce(announcement(4)) == .known)
    }

    @Test func `a recovery that contradicts is right only if nothing was announced since it was begun`() {
        var view = ChannelView()
        _ = view.recovered(recovery("e1", top: 3), query: .latest, undisturbed: true)
        #expect(view.recovered(recovery("e1", top: 2), query: .latest, undisturbed: false) == false)
        #expect(view.tail?.offset == 3)
        #expect(view.recovered(recovery("e1", top: 2), query: .latest, undisturbed: true) == true)
        #expect(view.tail?.offset == 2)
        #expect(view.recovered(recovery("e2", top: 9), query: .latest, undisturbed: true) == true)
        #expect(view.tail?.epoch == .named("e2"))
    }

    @Test func `a page that is cut does not close what it does not reach`() {
        var view = ChannelView()
        _ = view.announce(announcement(1))
        var page = recovery("e1", top: 9, closed: true)
        page.start.offset = 1
        page.messages = [announcement(2).message]
        page.reachesTop = false
        #expect(view.recovered(page, query: .after(page.start), undisturbed: false) == true)
        #expect(view.tail?.offset == 2)
        #expect(!view.closed)
    }

    @Test func `after a rest the broker is asked again, until something is announced`() {
        var view = ChannelView()
        _ = view.recovered(recovery("e1", top: 3), query: .latest, undisturbed: true)
        #expect(view.answer(to: .latest) != nil)
        view.rest()
        #expect(view.answer(to: .latest) == nil)
        #expect(view.announce(announcement(4)) == .next)
        #expect(view.answer(to: .latest)?.start.offset == 4)
    }
}
