import Logging

/// Tries the hosts of a target in turn, each of their addresses for the same time.
struct Connector {
    let target: ConnectionTarget
    let executor: PollingExecutor
    let logger: Logger

    func connect(
        _ notifications: (@Sendable ([PostgresNotification]) -> Void)?
    ) async throws(PostgresError) -> PostgresConnection {
        let plan = try ConnectionPlan(target)
        var failures: [PostgresError] = []
        for session in plan.rounds {
            for host in plan.hosts {
                for address in try await addresses(of: host, plan.timeout, &failures) {
                    let options = plan.options(for: host, address: address, session: session)
                    let attempt = ConnectAttempt(
                        options: options, timeout: plan.timeout, executor: executor, logger: logger,
                        notifications: notifications)
                    switch await attempt.run() {
                    case .success(let connection): return connection
                    case .failure(let error) where error.isFinal || Task.isCancelled: throw error
                    case .failure(let error): failures.append(error)
                    }
                }
            }
        }
        throw PostgresError(all: failures)
    }

    /// `nil` in place of an address: libpq knows where.
    private func addresses(
        of host: ConnectionPlan.Host, _ timeout: Duration, _ failures: inout [PostgresError]
    ) async throws(PostgresError) -> [String?] {
        if Task.isCancelled { throw .unreachable(reason: "PostgreSQL: connecting was cancelled") }
        guard let name = host.name, !host.isSocket, host.address == nil else { return [host.address] }
        switch await AddressLookup.addresses(of: name, within: timeout) {
        case .success(let addresses): return addresses
        case .failure(let failure):
            let words = "PostgreSQL at \(name):\(host.port): the host's name can't be resolved: \(failure.words)"
            failures.append(.unreachable(reason: words))
            return []
        }
    }
}

extension PostgresError {
    /// Whoever we are, or the database, is wrong: other hosts are not asked, as libpq does.
    fileprivate var isFinal: Bool { sqlState.map { $0.hasPrefix("28") || $0.hasPrefix("3D") } ?? false }

    /// One for all: the servers' own if they agree, else the words of each.
    fileprivate init(all failures: [PostgresError]) {
        if let last = failures.last, failures.allSatisfy({ $0.sqlState == last.sqlState }), last.sqlState != nil {
            self = last
            return
        }
        var words: [String] = []
        for failure in failures where !words.contains(failure.words) { words.append(failure.words) }
        self = .unreachable(reason: words.joined(separator: "; "))
    }
}
