import BrokerCore

/// What a gateway puts right by itself, when the server's answers show that it has to: a queue of notifications that has
/// stayed full, and a schema that has gone.
struct Mending: Sendable {
    /// Takes what the server answers with an error, and gives it back as it is to be told. Quick; on any thread.
    typealias Notice = @Sendable (PostgresError) -> PostgresError

    /// The time between two looks at the queue of notifications.
    private static let queueInterval = Duration.seconds(1)
    /// The time between two attempts at the schema.
    private static let schemaInterval = Duration.seconds(3)

    private let queue: Remedy
    private let schema: Remedy
    private let obstacle: Locked<String?>

    /// - Parameters:
    ///   - advanceQueue: lets the server look whether its queue has room again.
    ///   - installSchema: puts the schema in place; gives the reason when it can't.
    init(
        advanceQueue: @escaping @Sendable () async -> Void, installSchema: @escaping @Sendable () async -> String?
    ) {
        let obstacle = Locked<String?>(nil)
        self.obstacle = obstacle
        queue = Remedy(every: Self.queueInterval, apply: advanceQueue)
        schema = Remedy(every: Self.schemaInterval) {
            let reason = await installSchema()
            obstacle.withLock { $0 = reason }
        }
    }

    /// See ``Notice``. What is missing in the schema is told with the reason why it can't be made.
    func note(_ error: PostgresError) -> PostgresError {
        if error.isOfFullQueue { queue.call() }
        guard error.isOfMissingSchema else { return error }
        schema.call()
        return obstacle.withLock { $0 }.map { .unreachable(reason: $0) } ?? error
    }

    /// Returns when the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await queue.run() }
            group.addTask { await schema.run() }
        }
    }
}

extension PostgresError {
    /// No notification can be sent: the server's queue of them is full.
    var isOfFullQueue: Bool {
        guard case .server(let error) = self else { return false }
        return error.sqlState == "54000" && error.message.contains("NOTIFY")
    }

    /// There is no such schema, table or function.
    var isOfMissingSchema: Bool { sqlState.map { ["3F000", "42P01", "42883"].contains($0) } ?? false }
}
