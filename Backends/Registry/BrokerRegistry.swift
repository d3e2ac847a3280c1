package import BrokerCore
package import Logging
import MemoryBroker
import PostgresBroker
import RedisBroker

/// From a broker's URL to the broker. The only place that names the backends.
package struct BrokerRegistry: Sendable {
    /// The schemes that a broker URL may have.
    package static let schemes = [MemoryBackend.scheme] + RedisBackend.schemes + PostgresBackend.schemes

    package var settings: BrokerSettings
    /// What a `memory:` broker holds at most, in bytes.
    package var memoryCapacity: Int
    /// What the keys of a Redis broker begin with whose URL does not say it; `nil`: as the product does.
    package var redisPrefix: String?
    package var postgres: Postgres
    /// Where brokers say what an operator should know.
    package var logger: Logger

    package init(
        settings: BrokerSettings = BrokerSettings(), memoryCapacity: Int = MemoryStore.defaultCapacity,
        redisPrefix: String? = nil, postgres: Postgres = Postgres(),
        logger: Logger = Logger(label: "broker") { _ in SwiftLogNoOpLogHandler() }
    ) {
        self.settings = settings
        self.memoryCapacity = memoryCapacity
        self.redisPrefix = redisPrefix
        self.postgres = postgres
        self.logger = logger
    }

    /// What a Postgres broker is told beside its URL.
    package struct Postgres: Sendable {
        /// A direct way to the same database, where the URL leads to a pooler.
        package var listenURL: String?
        package var schema: String
        /// One gateway announces what others' transactions publish, and not they themselves.
        package var relaysPublications: Bool

        package init(listenURL: String? = nil, schema: String = "telltale", relaysPublications: Bool = false) {
            self.listenURL = listenURL
            self.schema = schema
            self.relaysPublications = relaysPublications
        }
    }

    /// The SQL that puts the schema of a Postgres broker into a database.
    /// - Throws: ``BrokerURLError`` when the schema's name is none.
    package func postgresSchema() throws(BrokerURLError) -> String {
        SchemaScript(schema: try postgresOptions("postgres://").schema).printed
    }

    /// The broker that `url` names. Nothing is connected yet. Each call with `memory:` gives a new, empty one; handles opened on one
    /// share it.
    /// - Throws: ``BrokerURLError`` when the URL names none.
    package func backend(for url: String) throws(BrokerURLError) -> any BrokerBackend {
        if PostgresBackend.isConnectionString(url) { return try postgres(url) }
        // What is no scheme (RFC 3986, section 3.1) may be a password, and is not shown.
        guard let colon = url.firstIndex(of: ":"),
            url[..<colon].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
        else { throw BrokerURLError(kind: "the broker URL has no scheme") }
        let scheme = url[..<colon].lowercased()
        switch scheme {
        case MemoryBackend.scheme: return try memory(url[colon...])
        case _ where RedisBackend.schemes.contains(scheme): return try redis(scheme, scheme + url[colon...])
        case _ where PostgresBackend.schemes.contains(scheme): return try postgres(scheme + url[colon...])
        default: throw BrokerURLError(kind: "\"\(scheme.prefix(32)):\" is no known kind of broker")
        }
    }

    private func memory(_ rest: Substring) throws(BrokerURLError) -> MemoryBackend {
        guard rest == ":" else { throw BrokerURLError("nothing may follow \"memory:\"") }
        let (settings, capacity) = (settings, memoryCapacity)
        return MemoryBackend { MemoryStore(settings: settings, capacity: capacity) }
    }

    private func redis(_ scheme: String, _ url: String) throws(BrokerURLError) -> RedisBackend {
        do throws(RedisURLError) {
            return RedisBackend(
                scheme: scheme, url: try RedisURL(url, prefix: redisPrefix), settings: settings, logger: logger)
        } catch {
            throw BrokerURLError("\(error)")
        }
    }

    private func postgres(_ url: String) throws(BrokerURLError) -> PostgresBackend {
        PostgresBackend(options: try postgresOptions(url), settings: settings, logger: logger)
    }

    private func postgresOptions(_ url: String) throws(BrokerURLError) -> PostgresOptions {
        do throws(PostgresURLError) {
            return try PostgresOptions(
                url: url, listenURL: postgres.listenURL, schema: postgres.schema,
                publish: postgres.relaysPublications ? .relay : .notify)
        } catch {
            throw BrokerURLError("\(error)", key: error.key)
        }
    }
}
