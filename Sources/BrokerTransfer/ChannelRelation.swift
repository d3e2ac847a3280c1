package import BrokerCore

/// How the channel that a target has stands to the one that is to be copied there.
///
/// A copy may replace what the target has from elsewhere, but nothing that was acknowledged there: someone has read it, at
/// a position that the source gives to another message. A target's top below the source's tells nothing of that, because
/// both may have been published to. So the two are of one epoch, or the source's comes from the target's, and the
/// target's top is one of these:
/// - where an earlier copy brought the target: nothing was published there since;
/// - where an earlier copy brought the source: from the target, which has stood still since, when readers move back to it.
///
/// A channel that neither has brought anywhere has its messages from publishers of its own. Where more than two brokers
/// copy from each other, these tops may be those of another copy; so ``ChannelCopier`` compares the target's newest logged
/// message too, while the source has it.
enum ChannelRelation: Hashable {
    /// There is none, or all that it has is in the source: the copy may take its place.
    case replaceable
    /// It is at the same position.
    case same
    /// It stays as it is.
    case refused(CopyRefusal)

    init(of present: ChannelHead?, to source: ChannelHead) {
        guard let present else {
            self = .replaceable
            return
        }
        let (theirs, ours) = (present.position, source.position)
        if theirs == ours {
            self = .same
        } else if theirs.place(in: source.epoch, predecessors: source.predecessors) == nil {
            // The target may have gone on, in a new epoch, with what the source still is.
            let isKnown = present.predecessors.contains { $0.epoch == source.epoch }
            self = .refused(isKnown ? .ahead(target: theirs, source: ours) : .foreign(target: theirs, source: ours))
        } else if present.top > source.top {
            self = .refused(.ahead(target: theirs, source: ours))
        } else if present.top == present.copied || present.top == source.copied {
            self = .replaceable
        } else {
            self = .refused(.diverged(target: theirs, source: ours))
        }
    }
}

/// Why a channel was not copied, though it stood still. In words for the operator.
package enum CopyRefusal: Hashable, Sendable, CustomStringConvertible {
    /// The target's channel has gone on beyond the source's.
    case ahead(target: Position, source: Position)
    /// The target's channel is another log.
    case foreign(target: Position, source: Position)
    /// Both channels have gone on since the last copy.
    case diverged(target: Position, source: Position)
    /// At this offset stands another message than in the source.
    case different(offset: UInt64)
    /// A broker can't read or write this channel.
    case failed(reason: String)

    package var description: String {
        switch self {
        case .ahead(let target, let source):
            "the target has gone on to \(target), the source is at \(source)"
        case .foreign(let target, let source):
            "the target has another channel of this name (\(target), the source's is \(source)): "
                + "delete one of them"
        case .diverged(let target, let source):
            "the target has gone on to \(target) by itself, and the source to \(source): delete one of them"
        case .different(let offset):
            "the target has another message at offset \(offset) than the source: delete one of them"
        case .failed(let reason): reason
        }
    }
}
