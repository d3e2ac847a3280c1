/// What stands in the way of using a server, before it is said where.
enum Obstacle: Error, Equatable {
    /// What is wrong, and what to do.
    case unusable(String)
    /// There is no connection, it broke, or the server refused something.
    case failed(PostgresError)
}

extension PostgresConnection {
    /// How long a server may take for what is asked at the start: it may wait there for other gateways that start, or
    /// for someone who holds a table.
    static let openingTimeout = Duration.seconds(30)

    /// Asks, and reads the answer's rows.
    func ask<Answer>(_ query: Query, _ read: (Rows) -> Answer?) async throws(Obstacle) -> Answer {
        do throws(PostgresError) {
            let rows = try await self.query(query, timeout: Self.openingTimeout)
            if let answer = read(rows) { return answer }
        } catch {
            throw .failed(error)
        }
        throw .unusable("the server answered with something else than was asked for: is this PostgreSQL?")
    }
}
