import BrokerCore
import RealServers
import Testing

@testable import PostgresBroker

/// A handle on a real server, whose background work is done while a test runs.
enum BrokerWorld {
    /// - Parameter timeout: the patience of the handle in all things.
    static func run(
        _ server: PostgresServer, settings: BrokerSettings = BrokerSettings(), timeout: Duration = .seconds(2),
        _ body: (PostgresBroker) async throws -> Void
    ) async throws {
        var options = try PostgresOptions(url: server.url)
        options.timeout = timeout
        let broker = try await PostgresBroker.open(options, settings: settings, logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await broker.run() }
            do {
                try await body(broker)
                group.cancelAll()
            } catch {
                group.cancelAll()
                throw error
            }
        }
    }
}

extension PostgresBroker {
    /// Publishes one text, given as `channel=data`.
    func say(_ text: String) async throws -> Result<Receipt, BrokerError> {
        await publish([try .saying(text)])[0]
    }

    /// The data of all that is kept on a channel, in order.
    func content(of channel: String) async throws -> [String] {
        try await recover(try ChannelName(channel), from: .earliest, limit: .unlimited).messages.map(\.data)
    }
}

extension Result<Receipt, BrokerError> {
    /// Why the broker was unavailable; `nil` if it was not.
    var unavailability: String? { if case .failure(.unavailable(let reason)) = self { reason } else { nil } }

    var failure: BrokerError? { if case .failure(let error) = self { error } else { nil } }
}
