import BrokerCore
import Logging

/// The connections over which channels are copied.
final class TransferConnections: Sendable {
    /// While one of them commits, others go on.
    static let count = 4
    /// How long the server may be silent: a page may wait for a busy disk.
    private static let timeout = Duration.seconds(30)

    private let connections: [PostgresConnection]
    private let executor: PollingExecutor

    /// Takes over a connection that stands, and the executor; connects the others.
    init(
        _ first: PostgresConnection, to target: ConnectionTarget, on executor: PollingExecutor, logger: Logger
    ) async throws(PostgresError) {
        var connections = [first]
        do throws(PostgresError) {
            while connections.count < Self.count {
                connections.append(try await .connect(target, on: executor, logger: logger))
            }
        } catch {
            for connection in connections { connection.close() }
            throw error
        }
        (self.connections, self.executor) = (connections, executor)
    }

    func close() {
        for connection in connections { connection.close() }
        executor.shutdown()
    }

    /// Asks over the connection that has the least to do.
    func ask<Answer>(_ query: Query, _ read: (Rows) -> Answer?) async throws(BrokerError) -> Answer {
        let connection = connections.min { $0.underWay.queries < $1.underWay.queries } ?? connections[0]
        do throws(PostgresError) {
            if let answer = read(try await connection.query(query, timeout: Self.timeout)) { return answer }
        } catch {
            throw BrokerError(error)
        }
        throw .unavailable(reason: "the schema does not hold what Telltale writes")
    }

    func run(_ query: Query) async throws(BrokerError) { try await ask(query) { _ in () } }
}
