import BrokerCore
import BrokerSupport

/// A connection as it is kept up.
struct ListenConnection: KeptConnection {
    private let connection: PostgresConnection

    init(_ connection: PostgresConnection) { self.connection = connection }

    func waitUntilEnded() async { _ = await connection.waitUntilClosed() }

    func end() { connection.close() }
}

extension ListenLink {
    /// Connects, lets a canary show that notifications arrive, and then listens to everything that is wanted.
    func connect() async throws(ListenError) -> ListenConnection {
        let generation = state.withLock { state in
            state.generation += 1
            return state.generation
        }
        do throws(ListenError) {
            let connection = try await reach(generation)
            do throws(ListenError) {
                try await prepare(connection, generation)
            } catch {
                drop(generation, error)
                connection.close()
                throw error
            }
            return ListenConnection(connection)
        } catch {
            state.withLock { $0.reason = error }
            throw error
        }
    }

    private func reach(_ generation: Int) async throws(ListenError) -> PostgresConnection {
        do throws(PostgresError) {
            return try await PostgresConnection.connect(options.listenTarget, on: executor, logger: logger) {
                [weak self] in self?.received($0, generation)
            }
        } catch {
            throw .connection(error)
        }
    }

    private func prepare(_ connection: PostgresConnection, _ generation: Int) async throws(ListenError) {
        state.withLock { $0.connection = connection }
        Task { [weak self] in
            let reason = await connection.waitUntilClosed()
            self?.drop(generation, .connection(reason))
        }
        try await ask(connection, Query("LISTEN \"\(canaryName)\""))
        try await greet(generation)
        try await ask(connection, Self.sessionSettings)
        try install(generation)
    }

    /// The session is idle by trade. And the server is to end it when this gateway takes nothing for a minute (in
    /// milliseconds), because it is frozen or its host is gone: until then it keeps what it has not read in the server's
    /// queue of notifications, and when that is full nobody can publish. Servers before 14 lack one of these.
    private static let sessionSettings = SessionSettings.query([
        ("idle_session_timeout", "0"), ("tcp_user_timeout", "60000"),
    ])

    private func ask(_ connection: PostgresConnection, _ query: Query) async throws(ListenError) {
        do throws(PostgresError) {
            _ = try await connection.query(query, timeout: options.timeout)
        } catch {
            throw .connection(error)
        }
    }

    /// The connection is the link's now, unless it has ended meanwhile.
    private func install(_ generation: Int) throws(ListenError) {
        var reason: ListenError?
        change { state in
            guard state.generation == generation, state.connection != nil else {
                reason = state.reason
                return ListenEffects()
            }
            return state.table.connected()
        }
        if let reason { throw reason }
    }

    /// The messages that a pointer stands for, as many as are there; `nil`: none can be had.
    func fetch(_ pointer: Pointer) async -> [Record]? {
        let query = Query(
            "SELECT \"\(options.schema)\".fetch($1, $2, $3, $4)",
            [
                .text(pointer.channel.rawValue), .text(pointer.epoch.rawValue),
                .integer(Int64(pointer.first)), .integer(Int64(pointer.last)),
            ])
        guard case .success(let rows) = await ask(query) else { return nil }
        return rows.withBytes(0, 0) { bytes -> [Record]? in
            var reader = RecordReader(bytes.assumingMemoryBound(to: UInt8.self))
            return reader.readAll { $0 }
        } ?? nil
    }
}
