import BrokerCore
import MemoryBroker
import RealServers
import Testing

@testable import PostgresBroker
@testable import RedisBroker

/// A broker, and the way by which its channels are copied.
struct Side: Sendable {
    let broker: any Broker
    let store: any ChannelStore

    /// The kinds of broker between which channels are copied.
    enum Kind: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case memory, redis, postgres

        var testDescription: String { rawValue }
    }
}

/// From one kind of broker to another.
struct Pair: Sendable, CustomTestStringConvertible {
    let source: Side.Kind
    let target: Side.Kind

    static let all = Side.Kind.allCases.flatMap { source in
        Side.Kind.allCases.map { Pair(source: source, target: $0) }
    }

    var testDescription: String { "\(source.rawValue) to \(target.rawValue)" }

    /// Runs `body` between two new brokers, which are gone afterwards.
    func run(
        sourceSettings: BrokerSettings = BrokerSettings(), targetSettings: BrokerSettings = BrokerSettings(),
        _ body: @Sendable (_ source: Side, _ target: Side) async throws -> Void
    ) async throws {
        try await source.run(sourceSettings) { source in
            try await target.run(targetSettings) { target in try await body(source, target) }
        }
    }
}

/// These tests are about something else than time, on machines that are busy.
private let patience = Duration.seconds(20)

extension Side.Kind {
    fileprivate func run(_ settings: BrokerSettings, _ body: @Sendable (Side) async throws -> Void) async throws {
        switch self {
        case .memory:
            let store = MemoryStore(settings: settings)
            try await body(Side(broker: MemoryBroker(store: store), store: store))
        case .redis:
            try await Self.redisServer.use { server, number in
                var url = try RedisURL("redis://\(server.address)?prefix=t\(number):")
                (url.options.connectTimeout, url.options.commandTimeout) = (patience, patience)
                let broker = try await RedisBroker.open(url, settings: settings, logger: .silent)
                try await Self.running(broker, store: try await RedisChannelStore.open(url, forWriting: true), body)
            }
        case .postgres:
            try await Self.postgresServer.use { server, number in
                let place = server.url(query: "?connect_timeout=\(patience.components.seconds)")
                var options = try PostgresOptions(url: place, schema: "t\(number)")
                options.timeout = patience
                let broker = try await PostgresBroker.open(options, settings: settings, logger: .silent)
                let store = try await PostgresChannelStore.open(
                    options, settings: settings, forWriting: true, logger: .silent)
                try await Self.running(broker, store: store, body)
            }
        }
    }

    private static let redisServer = Shared {
        try await RedisServer.start()
    } stop: {
        await $0.stop()
    }
    private static let postgresServer = Shared {
        try await PostgresServer.start(.init(config: ["max_connections = 1000"]))
    } stop: {
        await $0.stop()
    }

    private static func running(
        _ broker: any Broker, store: any ChannelStore, _ body: @Sendable (Side) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await broker.run() }
            try await body(Side(broker: broker, store: store))
            await store.close()
            group.cancelAll()
        }
    }
}
