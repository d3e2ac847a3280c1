/// Counters of a shard, or of all of them together. Those that are not said to be gauges only grow.
package struct HubStats: Sendable {
    /// Sessions there are. A gauge.
    package var sessions = 0
    /// Subscriptions there are. A gauge.
    package var subscriptions = 0
    /// Channels known to the shard. A gauge.
    package var channels = 0
    /// Messages handed over to readers.
    package var delivered: UInt64 = 0
    /// Bytes that sinks took.
    package var bytes: UInt64 = 0
    /// Gaps that readers were told of.
    package var gaps: UInt64 = 0
    /// Times that a reader could not be given all there was.
    package var lagged: UInt64 = 0
    /// Recoveries that the broker was asked for.
    package var queries: UInt64 = 0

    package static func += (left: inout HubStats, right: HubStats) {
        left.sessions += right.sessions
        left.subscriptions += right.subscriptions
        left.channels += right.channels
        left.delivered += right.delivered
        left.bytes += right.bytes
        left.gaps += right.gaps
        left.lagged += right.lagged
        left.queries += right.queries
    }
}
