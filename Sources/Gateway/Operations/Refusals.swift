import BrokerCore

/// How often the gateway has refused something, by the code of the problem: the one place where that is counted.
///
/// Whoever sends a ``Problem`` to a client counts it here.
final class Refusals: Sendable {
    /// Codes that are told apart; more, which only a mistake of ours could bring, are counted as ``others``.
    static let mostCodes = 200
    /// The code of all that is beyond ``mostCodes``.
    static let others = "other"

    private let counts = Locked<[String: UInt64]>([:])

    /// Counts a problem that is on its way to the client.
    func count(_ problem: Problem) {
        counts.withLock { counts in
            let isKnown = counts[problem.code] != nil || counts.count < Self.mostCodes
            counts[isKnown ? problem.code : Self.others, default: 0] += 1
        }
    }

    /// All codes that have come up, and how often, by name.
    var all: [(code: String, count: UInt64)] {
        counts.withLock { counts in counts.map { ($0.key, $0.value) } }.sorted { $0.0 < $1.0 }
    }
}
