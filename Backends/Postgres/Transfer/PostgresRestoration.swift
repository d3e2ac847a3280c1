import BrokerCore

/// Writes a channel under a number that no channel has, a page a transaction, until the number is given to the channel.
final class PostgresRestoration: ChannelRestoration {
    /// How long to wait for another transaction that holds the channel.
    private static let patience = Duration.seconds(2)

    private let copy: Int64
    private let functions: Functions
    private let connections: TransferConnections

    /// - Parameter copy: what `restore_begin` has given.
    init(copy: Int64, functions: Functions, connections: TransferConnections) {
        (self.copy, self.functions, self.connections) = (copy, functions, connections)
    }

    func add(_ items: [TransferItem]) async throws(BrokerError) {
        var logged: [Announcement] = []
        var retained: [Announcement] = []
        var keys: [(key: IdempotencyKey, offset: UInt64, age: Duration)] = []
        for item in items {
            switch item {
            case .logged(let announcement): logged.append(announcement)
            case .retained(let announcement): retained.append(announcement)
            case .key(let key, let offset, let age): keys.append((key, offset, age))
            }
        }
        if !logged.isEmpty { try await connections.run(functions.restore(logged, logged: true, to: copy)) }
        if !retained.isEmpty { try await connections.run(functions.restore(retained, logged: false, to: copy)) }
        if !keys.isEmpty { try await connections.run(functions.restore(keys, to: copy)) }
    }

    func commit(_ head: ChannelHead, replacing replaced: Position?) async throws(BrokerError) -> Bool {
        let query = functions.commitRestoration(copy, head, replacing: replaced, patience: Self.patience)
        return try await connections.ask(query) { $0.bool(0, 0) }
    }

    func abandon() async { try? await connections.run(functions.abandonRestoration(copy)) }
}
