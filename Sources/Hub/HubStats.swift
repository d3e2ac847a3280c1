/// Counters of a shard, or of all of them together. Those that are not said to be gauges only grow.
package struct HubStats: Sendable {
    /// Sessions there are, by the kind of their transport. A gauge.
    package var kinds: [String: Int] = [:]
    /// Subscriptions there are. A gauge.
    package var subscriptions = 0
    /// Channels known to the shard. A gauge.
    package var channels = 0
    /// Sessions that are full now, and are fed from the log when they have room. A gauge.
    package var lagging = 0
    /// Messages handed over to readers.
    package var delivered: UInt64 = 0
    /// Bytes that sinks took.
    package var bytes: UInt64 = 0
    /// Bytes that readers sent.
    package var received: UInt64 = 0
    /// Gaps that readers were told of.
    package var gaps: UInt64 = 0
    /// Times that a reader could not be given all there was.
    package var lagged: UInt64 = 0
    /// Readers that were let go because they took nothing of what waited for them.
    package var dropped: UInt64 = 0
    /// Recoveries that the broker was asked for.
    package var queries: UInt64 = 0

    /// Sessions there are. A gauge.
    package var sessions: Int { kinds.values.reduce(0, +) }

    package static func += (left: inout HubStats, right: HubStats) {
        left.kinds.merge(right.kinds, uniquingKeysWith: +)
        left.subscriptions += right.subscriptions
        left.channels += right.channels
        left.lagging += right.lagging
        left.delivered += right.delivered
        left.bytes += right.bytes
        left.received += right.received
        left.gaps += right.gaps
        left.lagged += right.lagged
        left.dropped += right.dropped
        left.queries += right.queries
    }
}
