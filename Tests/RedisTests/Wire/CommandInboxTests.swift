import Testing

@testable import RedisBroker

@Suite struct CommandInboxTests {
    private static let ping = Submission([Command("PING")], completion: nil)

    private func wakes(_ verdict: CommandInbox.Verdict) -> Bool? {
        if case .accepted(let wake) = verdict { wake } else { nil }
    }

    @Test func `the event loop is woken once for all that comes before it looks`() {
        let inbox = CommandInbox(endpoint: .unix("/s"))
        #expect(wakes(inbox.add(Self.ping)) == true)
        #expect(wakes(inbox.add(Self.ping)) == false)
        #expect(inbox.take().count == 2)
        #expect(wakes(inbox.add(Self.ping)) == true)
        #expect(inbox.take().count == 1)
    }

    @Test
    func `it is bounded by commands and by bytes, counts what was taken, and has room again when that is released`() {
        let size = Self.ping.size
        for inbox in [
            CommandInbox(endpoint: .unix("/s"), maximumCommands: 2),
            CommandInbox(endpoint: .unix("/s"), maximumBytes: 2 * size),
        ] {
            #expect(wakes(inbox.add(Self.ping)) != nil)
            #expect(wakes(inbox.add(Self.ping)) != nil)
            _ = inbox.take()
            #expect(wakes(inbox.add(Self.ping)) == nil)
            inbox.release(commands: 1, bytes: size)
            #expect(wakes(inbox.add(Self.ping)) != nil)
            #expect(inbox.underWay == (2, 2 * size))
        }
    }

    @Test func `after the end it refuses with the first reason, and gives back what waited once`() {
        let inbox = CommandInbox(endpoint: .unix("/s"))
        _ = inbox.add(Self.ping)
        #expect(inbox.end(.unreachable(reason: "first")).count == 1)
        #expect(inbox.end(.unreachable(reason: "second")).isEmpty)
        guard case .refused(let error) = inbox.add(Self.ping) else {
            Issue.record("it takes nothing more")
            return
        }
        #expect(error == .unreachable(reason: "first") && !inbox.isOpen)
    }
}
