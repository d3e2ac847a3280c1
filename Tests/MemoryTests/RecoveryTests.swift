import BrokerCore
import MemoryBroker
import Testing

@Suite struct RecoveryTests {
    @Test func `a channel that does not exist is empty, and another epoch's position on it is a gap`() async throws {
        let world = try World()
        for start in [.earliest, .latest, .last(3), .after(.origin)] as [Start] {
            let recovery = try await world.recover(start)
            #expect(recovery.epoch == .none && recovery.top == 0 && recovery.start == .origin && recovery.reachesTop)
            #expect(recovery.gap == nil && recovery.messages.isEmpty)
        }
        let asked = Position(epoch: .random(), offset: 0)
        #expect(
            try await world.recover(.after(asked)).gap
                == Gap(asked: asked, epoch: .none, haveFrom: 1, reason: .epoch))
    }

    @Test func `the log is trimmed by count, and what that costs a reader is told`() async throws {
        let world = try World(RetentionPolicy(messages: 3))
        let epoch = try await world.publish("1").position.epoch
        for data in 2...5 { _ = try await world.publish("\(data)") }
        let whole = try await world.recover(.earliest)
        #expect(whole.trimmed == 2 && whole.gap == nil && whole.start.offset == 2)
        #expect(whole.messages.map(\.data) == ["3", "4", "5"])

        let asked = Position(epoch: epoch, offset: 1)
        let missed = try await world.recover(.after(asked))
        #expect(missed.gap == Gap(asked: asked, epoch: epoch, haveFrom: 3, reason: .trimmed))
        #expect(missed.start.offset == 1 && missed.messages.map(\.offset) == [3, 4, 5])

        #expect(try await world.recover(.after(Position(epoch: epoch, offset: 2))).gap == nil)
        let origin = try await world.recover(.after(.origin))
        #expect(origin.gap?.reason == .trimmed && origin.start == Position(epoch: epoch, offset: 0))
    }

    @Test func `the log is trimmed by bytes, but the newest message is kept whatever its size`() async throws {
        let world = try World(RetentionPolicy(bytes: 10))
        for data in ["12345", "12345", "1"] { _ = try await world.publish(data) }
        #expect(try await world.recover(.earliest).messages.map(\.offset) == [2, 3])
        _ = try await world.publish("a message larger than the bound")
        let recovery = try await world.recover(.earliest)
        #expect(recovery.messages.map(\.offset) == [4] && recovery.trimmed == 3)
    }

    @Test func `conflated messages take offsets but leave no gap`() async throws {
        let world = try World()
        let progress = Keeping.conflated(try .named("progress"))
        let epoch = try await world.publish("a").position.epoch
        for percent in 1...3 { _ = try await world.publish("\(percent)", keeping: progress) }
        _ = try await world.publish("b")
        let recovery = try await world.recover(.after(Position(epoch: epoch, offset: 2)))
        #expect(recovery.gap == nil && recovery.trimmed == 0)
        #expect(recovery.messages.map(\.offset) == [4, 5])
        #expect(recovery.messages.map(\.data) == ["3", "b"])
    }

    @Test func `retained messages outlive the log, and earliest begins before them`() async throws {
        let world = try World(RetentionPolicy(messages: 2))
        _ = try await world.publish("first")
        _ = try await world.publish("title", keeping: .loggedAndRetained(try .named("title")))
        _ = try await world.publish("50%", keeping: .conflated(try .named("progress")))
        for data in 4...8 { _ = try await world.publish("\(data)") }
        let recovery = try await world.recover(.earliest)
        #expect(recovery.start.offset == 1 && recovery.trimmed == 6 && recovery.gap == nil)
        #expect(recovery.messages.map(\.offset) == [2, 3, 7, 8])
        #expect(try await world.reader.inspect(world.channel)?.retained.map(\.data) == ["title", "50%"])
    }

    @Test func `last N begins before the Nth last of the log, with what is retained after it`() async throws {
        let world = try World(RetentionPolicy(messages: 3))
        for data in 1...3 { _ = try await world.publish("\(data)") }
        _ = try await world.publish("p", keeping: .conflated(try .named("progress")))
        _ = try await world.publish("5")
        #expect(try await world.recover(.last(1)).messages.map(\.offset) == [5])
        #expect(try await world.recover(.last(2)).messages.map(\.offset) == [3, 4, 5])
        #expect(try await world.recover(.last(99)).messages.map(\.offset) == [2, 3, 4, 5])
        #expect(try await world.recover(.latest).start.offset == 5)
    }

    @Test func `a position of another epoch or above the top is a gap, and brings all that is kept`() async throws {
        let world = try World()
        let epoch = try await world.publish("1").position.epoch
        for (asked, reason) in [
            (Position(epoch: .random(), offset: 1), Gap.Reason.epoch), (Position(epoch: epoch, offset: 2), .future),
        ] {
            let recovery = try await world.recover(.after(asked))
            #expect(recovery.gap == Gap(asked: asked, epoch: epoch, haveFrom: 1, reason: reason))
            #expect(recovery.messages.map(\.offset) == [1] && recovery.start.offset == 0)
        }
    }

    @Test func `a page ends with the first bound it reaches, and has one message at least`() async throws {
        let world = try World()
        for _ in 1...6 { _ = try await world.publish("12345") }
        let byCount = try await world.recover(.earliest, limit: RecoveryLimit(messages: 2, bytes: .max))
        #expect(byCount.messages.count == 2 && !byCount.reachesTop && byCount.end.offset == 2)
        let byBytes = try await world.recover(.earliest, limit: RecoveryLimit(messages: .max, bytes: 15))
        #expect(byBytes.messages.count == 3 && !byBytes.reachesTop)
        let least = try await world.recover(.earliest, limit: RecoveryLimit(messages: 0, bytes: 0))
        #expect(least.messages.count == 1)
        #expect(try await world.paged(.earliest, by: 3) == Array(1...6))
        #expect(try await world.recover(.earliest, limit: RecoveryLimit(messages: 6, bytes: 30)).reachesTop)
    }

    @Test func `paging from the earliest never meets a gap of its own making`() async throws {
        let world = try World(RetentionPolicy(messages: 4))
        for key in ["a", "b", "c"] { _ = try await world.publish(key, keeping: .conflated(try .named(key))) }
        for data in 4...12 { _ = try await world.publish("\(data)") }
        #expect(try await world.paged(.earliest, by: 1) == [1, 2, 3, 9, 10, 11, 12])
    }

    @Test func `paging goes on when retained messages are superseded between pages`() async throws {
        let world = try World()
        let progress = Keeping.conflated(try .named("progress"))
        for data in 1...4 { _ = try await world.publish("\(data)") }
        _ = try await world.publish("p", keeping: progress)
        var updates = 3
        let offsets = try await world.paged(.earliest, by: 2) {
            guard updates > 0 else { return }
            updates -= 1
            _ = try await world.publish("p", keeping: progress)
        }
        #expect(offsets.starts(with: [1, 2, 3, 4]) && offsets == offsets.sorted())
        #expect(offsets.last == (try await world.recover(.latest).top))
    }

    @Test func `a log of which nothing is kept has its start at the top`() async throws {
        let world = try World(RetentionPolicy(messages: 0))
        _ = try await world.publish("1")
        let recovery = try await world.recover(.earliest)
        #expect(recovery.start.offset == 1 && recovery.trimmed == 1 && recovery.messages.isEmpty && recovery.reachesTop)
    }
}
