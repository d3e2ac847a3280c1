import BrokerCore
import Logging

extension PostgresBroker {
    /// Removes the schema and everything in it. No handle on it may be in use.
    /// - Throws: ``PostgresOpeningError``, one line that says what stands in the way.
    package static func remove(_ options: PostgresOptions) async throws(PostgresOpeningError) {
        let executor = PollingExecutor(name: "pg-removal")
        defer { executor.shutdown() }
        let logger = Logger(label: "removal") { _ in SwiftLogNoOpLogHandler() }
        do throws(PostgresError) {
            let connection = try await PostgresConnection.connect(options.target, on: executor, logger: logger)
            defer { connection.close() }
            try await drop(options.schema, over: connection)
        } catch {
            throw PostgresOpeningError(error, at: options.target)
        }
    }

    /// Attempts, at most: what a handle that has just ended has begun may stand in the way in another order.
    private static let attempts = 5

    private static func drop(_ schema: String, over connection: PostgresConnection) async throws(PostgresError) {
        // Behind whoever makes the schema at this moment.
        let sql = """
            SET LOCAL client_min_messages = warning;
            SELECT pg_advisory_xact_lock(\(AdvisoryLock.migration.number(schema: schema)));
            DROP SCHEMA IF EXISTS "\(schema)" CASCADE;
            """
        for attempt in 1...attempts {
            do throws(PostgresError) {
                return try await connection.script(sql, timeout: PostgresConnection.openingTimeout)
            } catch {
                guard error.sqlState == deadlock, attempt < attempts else { throw error }
            }
        }
    }

    private static let deadlock = "40P01"
}

extension PostgresOptions {
    /// The same database, and a schema beside this one that no one else has.
    package func sandboxed() -> PostgresOptions {
        let addition = "_verify_\(Epoch.random().rawValue.prefix(5))"
        let beginning = schema.prefix(Self.maximumSchemaBytes - addition.utf8.count)
        return PostgresOptions(sandbox: beginning + addition, of: self)
    }

    private init(sandbox schema: String, of other: PostgresOptions) {
        (target, listenTarget, hasListenURL) = (other.target, other.listenTarget, other.hasListenURL)
        (self.schema, isSandbox, publish) = (schema, true, other.publish)
        (timeout, canaryInterval) = (other.timeout, other.canaryInterval)
    }
}
