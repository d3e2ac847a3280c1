import BrokerCore
import Testing

@testable import RedisBroker

/// After a failover or a restart the same offsets may be given to other messages: the channel then goes on in a new epoch,
/// and what was lost is a gap.
@Suite(.timeLimit(.minutes(1))) struct GenerationTests {
    @Test(arguments: [false, true])
    func `what a failover has kept is complete, and what it has lost is a gap`(_ asScript: Bool) async throws {
        let channel = try ChannelName("c")
        try await FunctionsUnderTest.run(asScript: asScript) { old in
            for data in ["1", "2", "3"] { try await old.publish(channel, data) }
            var options = RedisServer.Options()
            options.config = ["replicaof 127.0.0.1 \(old.server.port)"]
            try await RedisServer.run(options) { replica in
                try await Self.promote(replica)
                let lost = try await old.publish(channel, "lost")
                try await FunctionsUnderTest.connect(to: replica, asScript: asScript) { new in
                    let before = try await new.recover(channel, from: .after(lost))
                    #expect(before.gap?.reason == .future && before.epoch == lost.epoch)
                    let position = try await new.publish(channel, "other")
                    #expect(position.offset == lost.offset && position.epoch != lost.epoch)

                    let kept = Position(epoch: lost.epoch, offset: 3)
                    let complete = try await new.recover(channel, from: .after(kept))
                    #expect(complete.gap == nil && complete.messages.map(\.data) == ["other"])
                    #expect(complete.start == Position(epoch: position.epoch, offset: 3))
                    #expect(complete.predecessors == [kept])

                    let gap = try await new.recover(channel, from: .after(lost))
                    #expect(gap.gap == Gap(asked: lost, epoch: position.epoch, haveFrom: 1, reason: .future))
                    #expect(gap.messages.map(\.data) == ["1", "2", "3", "other"])
                }
            }
        }
    }

    private static func promote(_ replica: RedisServer) async throws {
        try await until("the replica has all") {
            let info = try await replica.cli("INFO", "replication")
            guard info.contains("master_link_status:up") else { return false }
            return try await replica.cli("HGET", "telltale:{c}", "t") == "3"
        }
        try await replica.cli("REPLICAOF", "NO", "ONE")
    }

    @Test func `a restart that loses nothing is a new epoch without a gap`() async throws {
        var options = RedisServer.Options()
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
                // To a script, another run id is another server.
                let mode = Library.Mode.script(runID: String(repeating: "\(life % 10)", count: 39 - life))
                let other = FunctionsUnderTest(
                    library: under.library, mode: mode, server: under.server, connection: under.connection)
                positions.append(try await other.publish(channel, "\(life)"))
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
            let other = FunctionsUnderTest(
                library: under.library, mode: .script(runID: "b"), server: under.server, connection: under.connection)
            for data in ["2", "3", "4", "5"] { try await other.publish(channel, data) }
            let recovery = try await under.recover(channel, from: .after(first))
            #expect(recovery.gap?.reason == .trimmed && recovery.gap?.haveFrom == 3)
            #expect(recovery.messages.map(\.offset) == [3, 4, 5])
        }
    }
}
