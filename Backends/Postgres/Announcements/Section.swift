import BrokerCore

/// One part of a notification: what it says of one channel.
enum Section: Equatable {
    /// In offset order, or a deletion.
    case events(ChannelName, [BrokerEvent])
    case pointer(Pointer)
}

/// Messages that were published and are too large for a notification, or hold U+0000: they are to be fetched.
struct Pointer: Hashable, Sendable {
    var channel: ChannelName
    var epoch: Epoch
    /// The first offset, at least 1.
    var first: UInt64
    /// The last offset, not below `first`.
    var last: UInt64
}
