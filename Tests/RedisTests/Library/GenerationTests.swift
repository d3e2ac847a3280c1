import BrokerCore
import RealServers
import Testing

@testable import RedisBroker

/// After a failover or a restart the same offsets may be given to other messages: the channel then goes on in a new epoch,
/// and what was lost is a gap.
@Suite(.timeLimit(.minutes(1))) struct GenerationTests {
    @Test(arguments: [false, true])
    func `what a failover has kept is complete, and what it has lost is a gap`(_ asScript: Bool) async throws {
        try await Self.split(asScript: asScript) { _, other, lost in
            try await FunctionsUnderTest.connect(to: other, asScript: asScript) { under in
                let before = try await under.recover(lost.channel, from: .after(lost.position))
                #expect(before.gap?.reason == .future && before.epoch == lost.position.epoch)
                try await Self.expectNewEpoch(under, after: lost)
            }
        }
    }

    @Test(arguments: [false, true])
    func `a primary that has followed another and leads again gives no position twice`(_ asScript: Bool) async throws {
        try await Self.split(asScript: asScript) { under, other, lost in
            try await under.server.cli("REPLICAOF", "127.0.0.1", "\(other.port)")
            try await Self.untilInStep(under.server)
            try await under.server.cli("REPLICAOF", "NO", "ONE")
            try await Self.expectNewEpoch(under, after: lost)
        }
    }

    @Test(arguments: [false, true])
    func `an epoch of which the new primary has nothing is another life`(_ asScript: Bool) async throws {
        try await Self.split(asScript: asScript) { under, other, lost in
            try await under.leadAnew()
            var unknown = lost.position
            try await until("a new epoch begins") {
                unknown = try await under.publish(lost.channel, "lost, too")
                return unknown.epoch != lost.position.epoch
            }
            try await FunctionsUnderTest.connect(to: other, asScript: asScript) { under in
                let next = try await under.publish(lost.channel, "other")
                let recovery = try await under.recover(lost.channel, from: .after(unknown))
                #expect(recovery.gap == Gap(asked: unknown, epoch: next.epoch, haveFrom: 1, reason: .epoch))
                #expect(recovery.messages.map(\.data) == ["1", "2", "3", "other"])
            }
        }
    }

    private struct Lost {
        let channel: ChannelName
        let position: Position
    }

    /// A primary whose replica was promoted after three messages, and that took one more.
    private static func split(
        asScript: Bool, _ body: (FunctionsUnderTest, RedisServer, Lost) async throws -> Void
    ) async throws {
        let channel = try ChannelName("c")
        var options = RedisServerOptions()
        options.config = ["repl-diskless-sync-delay 0"]
        try await FunctionsUnderTest.run(asScript: asScript, on: options) { under in
            options.config += ["replicaof 127.0.0.1 \(under.server.port)"]
            try await RedisServer.run(options) { other in
                // A primary's first replica begins a generation too.
                try await Self.untilInStep(other, messages: nil)
                for data in ["1", "2", "3"] { try await under.publish(channel, data) }
                try await Self.untilInStep(other)
                try await other.cli("REPLICAOF", "NO", "ONE")
                let lost = try await under.publish(channel, "lost")
                try await body(under, other, Lost(channel: channel, position: lost))
            }
        }
    }

    private static func untilInStep(_ replica: RedisServer, messages: Int? = 3) async throws {
        try await until("the replica has all") {
            let info = try await replica.cli("INFO", "replication")
            guard info.contains("master_link_status:up") else { return false }
            guard let messages else { return true }
            return try await replica.cli("HGET", "telltale:{c}", "t") == "\(messages)"
        }
    }

    private static func expectNewEpoch(_ under: FunctionsUnderTest, after lost: Lost) async throws {
        let (channel, lost) = (lost.channel, lost.position)
        let position = try await under.publish(channel, "other")
        #expect(position.offset == lost.offset && position.epoch != lost.epoch)

        let kept = Position(epoch: lost.epoch, offset: 3)
        let complete = try await under.recover(channel, from: .after(kept))
        #expect(complete.gap == nil && complete.messages.map(\.data) == ["other"])
        #expect(complete.start == Position(epoch: position.epoch, offset: 3))
        #expect(complete.predecessors == [kept])

        let gap = try await under.recover(channel, from: .after(lost))
        #expect(gap.gap == Gap(asked: lost, epoch: position.epoch, haveFrom: 1, reason: .future))
        #expect(gap.messages.map(\.data) == ["1", "2", "3", "other"])
    }

    @Test func `a busy library asks seldom which generation this is, and yet soon enough`() async throws {
        try await FunctionsUnderTest.run { under in
            let channel = try ChannelName("c")
            let first = try await under.publish(channel, "first")
            let call = under.library.append([Publication(channel: channel, data: "x")], to: channel)
            let begun = ContinuousClock.now
            _ = await under.connection.send(Array(repeating: call.command(in: .functions), count: 500))
            let most = (ContinuousClock.now - begun) / .milliseconds(20) + 2
            let stats = try await under.server.cli("INFO", "commandstats")
            let asked = try #require(stats.firstMatch(of: /cmdstat_info:calls=(\d+)/)).output.1
            #expect(try #require(Double(asked)) <= most)

            try await under.leadAnew()
            try await until("a new epoch begins") { try await under.publish(channel, "next").epoch != first.epoch }
        }
    }

    @Test func `a restart that loses nothing is a new epoch without a gap`() async throws {
        var options = RedisServerOptions()
        options.isDurable = true
        let channel = try ChannelName("c")
        let once = Publication(channel: channel, data: "once", idempotencyKey: try IdempotencyKey("k"))
        try await RedisServer.run(options) { server in
            let first = try await FunctionsUnderTest.connect(to: server) { under in
                try await under.publish([once])[0].get().position
            }
            await server.kill()
            try await server.restart()
            try await FunctionsUnderTest.connect(to: server) { under in
                // Neither reading nor a repetition begins an epoch: nothing is given that could be taken for something else.
                #expect(try await under.publish([once])[0].get() == Receipt(position: first, duplicate: true))
                #expect(try await under.recover(channel, from: .after(first)).epoch == first.epoch)
                let next = try await under.publish(channel, "next")
                #expect(next.offset == 2 && next.epoch != first.epoch)
                let recovery = try await under.recover(channel, from: .after(first))
                #expect(recovery.gap == nil && recovery.messages.map(\.offset) == [2])
                // The first position, as the present epoch has it.
                let repetition = try await under.publish([once])[0].get()
                #expect(repetition == Receipt(position: Position(epoch: next.epoch, offset: 1), duplicate: true))
            }
        }
    }

    @Test func `a channel remembers its last eight epochs`() async throws {
        let channel = try ChannelName("c")
        try await FunctionsUnderTest.run(asScript: true) { under in
            var positions: [Position] = []
            for life in 0..<11 {
                positions.append(try await under.publish(channel, "\(life)"))
                try await under.leadAnew()
            }
            let recovery = try await under.recover(channel)
            #expect(recovery.predecessors == positions.dropLast().suffix(8).reversed())
            for (index, position) in positions.enumerated() {
                let gap = try await under.recover(channel, from: .after(position)).gap
                #expect(gap?.reason == (index < 2 ? .epoch : nil), "after \(position)")
                let above = Position(epoch: position.epoch, offset: position.offset + 1)
                let future = try await under.recover(channel, from: .after(above)).gap
                #expect(future?.reason == (index < 2 ? .epoch : .future), "after \(above)")
            }
        }
    }

    @Test func `positions of an earlier epoch are trimmed like those of this one`() async throws {
        let channel = try ChannelName("c")
        try await FunctionsUnderTest.run(BrokerSettings(retention: .init(messages: 3)), asScript: true) { under in
            let first = try await under.publish(channel, "1")
            try await under.leadAnew()
            for data in ["2", "3", "4", "5"] { try await under.publish(channel, data) }
            let recovery = try await under.recover(channel, from: .after(first))
            #expect(recovery.gap?.reason == .trimmed && recovery.gap?.haveFrom == 3)
            #expect(recovery.messages.map(\.offset) == [3, 4, 5])
        }
    }
}
