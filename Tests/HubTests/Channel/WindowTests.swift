import BrokerCore
import Testing

@testable import Hub

@Suite struct WindowTests {
    private let epoch = Epoch.named("e1")

    private func message(_ offset: UInt64, key: String? = nil, bytes: Int = 1) -> Message {
        Message(
            channel: Truth.name, epoch: epoch, offset: offset, event: .message,
            data: String(repeating: "x", count: bytes), format: .text, time: 0, retain: key.map(RetainKey.named))
    }

    private func window(_ announcements: [(message: Message, conflated: Bool)], from: UInt64 = 0) -> Window {
        var window = Window(tail: Position(epoch: epoch, offset: from))
        for (message, conflated) in announcements {
            window.append(Announcement(message: message, conflated: conflated, closes: false))
        }
        return window
    }

    private func position(_ offset: UInt64) -> Position { Position(epoch: epoch, offset: offset) }

    private func page(
        _ messages: [Message], after start: UInt64, top: UInt64, trimmed: UInt64 = 0, gap: Gap? = nil
    ) -> Recovery {
        Recovery(
            epoch: epoch, top: top, trimmed: trimmed, closed: false, gap: gap, start: position(start),
            messages: messages, reachesTop: messages.last?.offset ?? start == top)
    }

    @Test func `a position of an earlier epoch is covered as far as the log is the same`() {
        let earlier = Epoch.named("e0")
        var window = window([(message(4), false), (message(5), false)], from: 3)
        #expect(!window.covers(Position(epoch: earlier, offset: 4)))
        var page = page([message(4), message(5)], after: 3, top: 5)
        page.predecessors = [Position(epoch: earlier, offset: 4)]
        window.merge(page, holdsEarliest: false)
        #expect(window.covers(Position(epoch: earlier, offset: 4)))
        #expect(window.place(of: Position(epoch: earlier, offset: 4)) == position(4))
        for offset in [2, 5] { #expect(!window.covers(Position(epoch: earlier, offset: UInt64(offset)))) }
    }

    @Test func `even a recovery with a gap tells of the earlier epochs`() {
        let (asked, known) = (Position(epoch: .named("e0"), offset: 9), Position(epoch: .named("e0"), offset: 3))
        var window = window([(message(4), false)], from: 3)
        var page = page(
            [message(4)], after: 0, top: 4, gap: Gap(asked: asked, epoch: epoch, haveFrom: 1, reason: .future))
        page.predecessors = [known]
        window.merge(page, holdsEarliest: false)
        #expect(window.covers(known) && !window.covers(asked))
    }

    @Test func `of conflated messages only the newest of each key is held`() {
        let window = window([
            (message(1), false), (message(2, key: "p"), true), (message(3, key: "q"), true),
            (message(4, key: "p"), true), (message(5), false), (message(6, key: "p"), true),
        ])
        #expect(window.messages(after: 0).map(\.offset) == [1, 3, 5, 6])
        #expect(window.messages(after: 3).map(\.offset) == [5, 6])
        #expect(window.covers(position(2)))
    }

    @Test func `progress without end takes up the room of one message`() {
        var window = Window(tail: position(0))
        window.append(Announcement(message: message(1), conflated: false, closes: false))
        for offset in UInt64(2)...100_000 {
            window.append(Announcement(message: message(offset, key: "p"), conflated: true, closes: false))
        }
        #expect(window.messages(after: 0).map(\.offset) == [1, 100_000])
        #expect(window.covers(position(0)))
    }

    @Test func `no more messages are held than the bound allows`() {
        let count = UInt64(Window.maximumMessages)
        let window = window((1...(count + 10)).map { (message($0), false) })
        #expect(window.messages(after: 0).count == Window.maximumMessages)
        #expect(window.from == 10 && window.covers(position(10)) && !window.covers(position(9)))
    }

    @Test func `no more bytes are held than the bound allows, but the newest message always`() {
        let half = Window.maximumBytes / 2
        var window = window([(message(1, bytes: half), false), (message(2, bytes: half), false)])
        #expect(window.from == 0)
        window.append(Announcement(message: message(3), conflated: false, closes: false))
        #expect(window.from == 1 && window.messages(after: 1).map(\.offset) == [2, 3])
        let large = message(4, bytes: Window.maximumBytes * 2)
        window.append(Announcement(message: large, conflated: false, closes: false))
        #expect(window.messages(after: 0).map(\.offset) == [4] && window.from == 3)
    }

    @Test func `what was recovered comes before and behind, and overlaps in nothing`() {
        var window = window([(message(5), false), (message(6), false)], from: 4)
        window.merge(page([3, 4, 5].map { message($0) }, after: 2, top: 8), holdsEarliest: false)
        #expect(window.from == 2 && window.messages(after: 0).map(\.offset) == [3, 4, 5, 6])
        window.merge(page([6, 7, 8].map { message($0) }, after: 5, top: 8), holdsEarliest: false)
        #expect(window.tail.offset == 8 && window.messages(after: 0).map(\.offset) == [3, 4, 5, 6, 7, 8])
    }

    @Test func `what does not reach the window is left out`() {
        var window = window([(message(5), false)], from: 4)
        window.merge(page([1, 2].map { message($0) }, after: 0, top: 9), holdsEarliest: true)
        #expect(window.from == 4 && !window.holdsEarliest)
        window.merge(page([8, 9].map { message($0) }, after: 7, top: 9), holdsEarliest: false)
        #expect(window.tail.offset == 5)
        let gap = Gap(asked: position(1), epoch: epoch, haveFrom: 4, reason: .trimmed)
        window.merge(page([4, 5].map { message($0) }, after: 1, top: 5, trimmed: 3, gap: gap), holdsEarliest: false)
        #expect(window.from == 4)
    }

    @Test func `retained messages from before the log do not make the window cover what was trimmed`() {
        var window = window([], from: 9)
        window.merge(
            page([message(2, key: "s"), message(8), message(9)], after: 1, top: 9, trimmed: 7), holdsEarliest: true)
        #expect(window.holdsEarliest && window.start == position(1))
        #expect(!window.covers(position(1)) && !window.covers(position(6)) && window.covers(position(7)))
        #expect(window.covers(position(1), excused: 8))
    }

    @Test func `what was trimmed behind the tail keeps a recovery from being appended`() {
        var window = window([(message(5), false)], from: 4)
        window.merge(page([message(3, key: "s"), message(9)], after: 2, top: 9, trimmed: 8), holdsEarliest: true)
        #expect(window.tail.offset == 5)
    }

    @Test func `the last so many are counted in logged messages, where it is known which they are`() {
        var window = window(
            [
                (message(6), false), (message(7, key: "p"), true), (message(8, key: "s"), false), (message(9), false),
            ], from: 5)
        #expect(window.start(ofLast: 1)?.offset == 8)
        #expect(window.start(ofLast: 3)?.offset == 5)
        #expect(window.start(ofLast: 4) == nil)
        window.merge(page([message(4), message(5, key: "p")], after: 3, top: 9), holdsEarliest: true)
        #expect(window.start(ofLast: 4) == nil, "5 may have been conflated")
    }
}
