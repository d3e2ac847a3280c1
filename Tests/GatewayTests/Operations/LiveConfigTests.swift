import BrokerCore
import GatewayConfig
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(1))) struct LiveConfigTests {
    private struct Refusal: Error {}

    private let live = LiveConfig(GatewayConfig())
    /// What consumers have put into force.
    private let taken = Locked<[Duration]>([])

    private static func changed(_ heartbeat: Duration) -> GatewayConfig {
        var config = GatewayConfig()
        config.heartbeat = heartbeat
        return config
    }

    private func take() {
        live.onReload { [taken] config in { taken.withLock { $0.append(config.heartbeat) } } }
    }

    @Test func `a configuration that one can't take up is put into force nowhere`() async throws {
        take()
        live.onReload { config in
            if config.heartbeat == .seconds(1) { throw Refusal() }
            return {}
        }
        take()
        live.begin()
        let old = live.current
        await #expect(throws: Refusal.self) { try await live.reload { Self.changed(.seconds(1)) } }
        #expect(taken.withLock { $0 }.isEmpty)
        #expect(live.current == old)
        #expect(live.reloads.refused == 1 && !live.reloads.lastWorked)
        let changes = try await live.reload { Self.changed(.seconds(2)) }
        #expect(taken.withLock { $0 } == [.seconds(2), .seconds(2)])
        #expect(changes.applied.map(\.key) == ["heartbeat"])
        #expect(live.current.heartbeat == .seconds(2) && live.reloads.lastWorked)
    }

    @Test func `a reload during the start waits until all who are told of it are there`() async throws {
        let isAsked = Locked(false)
        let reload = Task { [live] in
            _ = try await live.reload {
                isAsked.withLock { $0 = true }
                return Self.changed(.seconds(2))
            }
        }
        // Whoever is not held up is done long before others have had so many turns.
        for _ in 0..<1_000 { await Task.yield() }
        #expect(!isAsked.withLock { $0 })
        take()
        live.begin()
        try await reload.value
        #expect(taken.withLock { $0 } == [.seconds(2)])
    }
}
