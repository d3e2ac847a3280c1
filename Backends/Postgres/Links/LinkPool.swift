/// Some links for the same work: each query goes over the one that is up with the least to do, so a connection that is
/// down stands in nobody's way while another is up.
struct LinkPool: Sendable {
    let links: [Link]

    /// See ``Link/submit(_:timeout:completion:)``; fails at once when all are down.
    func submit(_ query: Query, timeout: Duration, completion: @escaping PostgresConnection.Completion) {
        guard let link = leastBusy ?? links.first else {
            return completion(.failure(.unreachable(reason: "there are no connections for this")))
        }
        link.submit(query, timeout: timeout, completion: completion)
    }

    func query(_ query: Query, timeout: Duration) async -> Result<Rows, PostgresError> {
        await withCheckedContinuation { continuation in
            submit(query, timeout: timeout) { continuation.resume(returning: $0) }
        }
    }

    /// - Throws: why none of them is up, if that is so.
    func check() throws(PostgresError) {
        guard leastBusy == nil, let first = links.first else { return }
        if case .failure(let reason) = first.connection { throw reason }
    }

    /// `nil`: none is up.
    private var leastBusy: Link? {
        var least: (link: Link, queries: Int)?
        for link in links {
            guard case .success(let connection) = link.connection, connection.isOpen else { continue }
            let queries = connection.underWay.queries
            if queries < least?.queries ?? .max { least = (link, queries) }
        }
        return least?.link
    }
}
