import BrokerCore

/// One operation of a script. It names channels by number, and epochs and versions by what the broker has said before,
/// so that one script fits every broker.
enum ScriptStep: Sendable {
    case publish([ScriptPublication], byReader: Bool)
    case recover(channel: Int, from: ScriptStart, limit: RecoveryLimit)
    case inspect(channel: Int)
    case delete(channel: Int)
    case list(prefix: String, after: Int?, limit: Int)
}

struct ScriptPublication: Sendable {
    enum Expectation: Sendable {
        case version(UInt64)
        /// The version that the last receipt of this key gave.
        case current
    }

    var channel: Int
    var event: EventName
    var data: String
    var format: DataFormat
    var keeping: Keeping
    var expect: Expectation?
    var fence: UInt64?
    var closes: Bool
    var idempotencyKey: IdempotencyKey?
}

enum ScriptStart: Sendable {
    case start(Start)
    /// A position of the channel's life so many lives ago, so far from the last offset that is known.
    case known(livesAgo: Int, fromTop: Int)
}
