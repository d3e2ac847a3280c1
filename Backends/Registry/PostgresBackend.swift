import BrokerCore
import Logging
import PostgresBroker

/// Channels in one schema of a Postgres database.
struct PostgresBackend: BrokerBackend {
    /// Both are libpq's; its connection strings (`host=… dbname=…`) have none.
    static let schemes = ["postgres", "postgresql"]

    let options: PostgresOptions
    let settings: BrokerSettings
    let logger: Logger

    var scheme: String { Self.schemes[0] }

    /// Whether this is a connection string of keywords and values: it begins with `KEYWORD=`.
    static func isConnectionString(_ text: String) -> Bool {
        text.prefixMatch(of: /\s*[A-Za-z_]+\s*=/) != nil
    }

    func open() async throws -> any Broker {
        try await PostgresBroker.open(options, settings: settings, logger: logger)
    }

    /// A schema beside the broker's own.
    func sandbox() -> any BrokerSandbox {
        PostgresSandbox(backend: PostgresBackend(options: options.sandboxed(), settings: settings, logger: logger))
    }
}

private struct PostgresSandbox: BrokerSandbox {
    let backend: PostgresBackend

    var scheme: String { backend.scheme }

    func open() async throws -> any Broker { try await backend.open() }
    func sandbox() -> any BrokerSandbox { backend.sandbox() }

    func remove() async throws {
        try await PostgresBroker.remove(backend.options)
    }
}
