import BrokerCore
import BrokerRegistry
import BrokerSupport
import GatewayConfig
import Logging

/// A broker that a command can't use, in one line.
struct BrokerFailure: Error, CustomStringConvertible {
    let description: String

    /// - Parameter subject: what named the broker; `nil`: the command's own argument.
    init(_ error: any Error, subject: String? = nil) {
        let reason = if case BrokerError.unavailable(let reason) = error { reason } else { "\(error)" }
        self.init(reason, subject: subject)
    }

    /// - Parameter subject: as above.
    init(_ reason: String, subject: String? = nil) {
        let line = reason.split(whereSeparator: \.isNewline).joined(separator: " ")
        description = subject.map { "\($0): \(line)" } ?? line
    }
}

extension LoadedConfig {
    /// The way from a URL to its broker, with what `broker.*` says of each kind.
    var registry: BrokerRegistry {
        let postgres = config.broker.postgres
        return BrokerRegistry(
            settings: config.brokerSettings, memoryCapacity: config.broker.memory.bytes,
            redisPrefix: config.broker.redis.prefix,
            postgres: .init(
                listenURL: postgres.listenURL, schema: postgres.schema, relaysPublications: postgres.publish == .relay))
    }

    /// What `broker.url` names; nothing is connected yet.
    /// - Throws: ``BrokerFailure`` when it names no broker.
    func backend(logger: Logger) throws(BrokerFailure) -> any BrokerBackend {
        var registry = registry
        registry.logger = logger
        do { return try registry.backend(for: config.broker.url) } catch { throw brokerFailure(error) }
    }

    /// A handle on what `broker.url` names.
    /// - Throws: ``BrokerFailure`` when it names no broker, or one that can't be reached or used.
    func openBroker(logger: Logger) async throws(BrokerFailure) -> any Broker {
        let backend = try backend(logger: logger)
        do { return try await backend.open() } catch { throw brokerFailure(error) }
    }

    private func brokerFailure(_ error: any Error) -> BrokerFailure {
        let key = (error as? any KeyedError)?.key ?? "broker.url"
        let origin = origins[key].map { " (\($0))" } ?? ""
        return BrokerFailure(error, subject: key + origin)
    }
}
