package import BrokerCore

/// How the channel that a target has stands to the one that is to be copied there.
enum ChannelRelation: Hashable {
    /// There is none, or it is the same log and not beyond: the copy may take its place.
    case replaceable
    /// It is the same log, up to the same message.
    case same
    /// It is the same log, and has gone on: someone publishes there already.
    case ahead
    /// It is another log.
    case foreign

    init(of present: ChannelHead?, to source: ChannelHead) {
        if present == nil || present?.position == source.position {
            self = present == nil ? .replaceable : .same
        } else if let place = present?.position.place(in: source.epoch, predecessors: source.predecessors) {
            self = place.offset <= source.top ? .replaceable : .ahead
        } else {
            // The target may have gone on, in a new epoch, with what the source still is.
            let isKnown = present?.predecessors.contains { $0.epoch == source.epoch } ?? false
            self = isKnown ? .ahead : .foreign
        }
    }
}

/// Why a channel was not copied, though it stood still. In words for the operator.
package enum CopyRefusal: Hashable, Sendable, CustomStringConvertible {
    /// The target's channel has gone on beyond the source's.
    case ahead(target: Position, source: Position)
    /// The target's channel is another log.
    case foreign(target: Position, source: Position)
    /// The target's channel is of the same epoch, and another message stands at this offset.
    case diverged(UInt64)
    /// A broker can't read or write this channel.
    case failed(reason: String)

    package var description: String {
        switch self {
        case .ahead(let target, let source):
            "the target has gone on to \(target), the source is at \(source)"
        case .foreign(let target, let source):
            "the target has another channel of this name (\(target), the source's is \(source)): "
                + "delete one of them"
        case .diverged(let offset):
            "the target has another message at offset \(offset): both were published to after an earlier copy"
        case .failed(let reason): reason
        }
    }
}
