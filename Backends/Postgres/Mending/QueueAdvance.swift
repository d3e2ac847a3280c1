import BrokerCore
import Logging

/// Lets a server see that its queue of notifications has room again.
///
/// The queue is full when one session has kept what it has not read for 8 GiB: it listens, and stays in one transaction.
/// When that session has ended, the room is still not free: PostgreSQL frees it when a notification is sent, and none
/// can be. But whoever asks how full the queue is makes it look, too.
struct QueueAdvance: Sendable {
    /// What the question may take. Freeing all of the queue removes 32,000 files.
    private static let timeout = Duration.seconds(3600)
    private static let question = Query("SELECT pg_notification_queue_usage()")
    /// A role may have a shorter one.
    private static let patience = SessionSettings.query([("statement_timeout", "0")])

    let options: PostgresOptions
    let executor: PollingExecutor
    let logger: Logger
    private let warnings = Locked(Warnings())

    init(options: PostgresOptions, executor: PollingExecutor, logger: Logger) {
        (self.options, self.executor, self.logger) = (options, executor, logger)
    }

    /// Asks over a connection of its own, since the answer may take minutes.
    func run() async {
        warnings.withLock { $0.tell("the server's \(PostgresError.fullQueueWords)", logger) }
        do throws(PostgresError) {
            let connection = try await PostgresConnection.connect(options.listenTarget, on: executor, logger: logger)
            await withTaskCancellationHandler {
                await ask(connection)
            } onCancel: {
                connection.close()
            }
            connection.close()
        } catch {
            tell(error)
        }
    }

    private func ask(_ connection: PostgresConnection) async {
        do throws(PostgresError) {
            _ = try await connection.query(Self.patience, timeout: options.timeout)
            _ = try await connection.query(Self.question, timeout: Self.timeout)
        } catch {
            tell(error)
        }
    }

    private func tell(_ error: PostgresError) {
        guard !Task.isCancelled else { return }
        logger.debug("Postgres: the queue of notifications can't be looked at", metadata: ["reason": "\(error)"])
    }
}
