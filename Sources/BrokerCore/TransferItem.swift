/// A channel as it stands, but for its messages and keys.
package struct ChannelHead: Hashable, Sendable {
    package var channel: ChannelName
    package var epoch: Epoch
    package var top: UInt64
    package var trimmed: UInt64
    package var closed: Bool
    /// The highest fence that a publication has carried; `nil` if none has.
    package var fence: UInt64?
    /// As ``Recovery/predecessors``.
    package var predecessors: [Position]
    /// The top to which a copy from another broker brought the channel there; `nil` if none did. What is beyond it was
    /// acknowledged by this broker.
    package var copied: UInt64?
    /// How long the channel has to live if nothing is published; more than nothing.
    package var life: Duration
    /// The newest message of the log; `nil` if the log is empty.
    package var newest: Mark?

    /// By what a message is known again.
    package struct Mark: Hashable, Sendable {
        package var offset: UInt64
        /// Milliseconds since 1970.
        package var time: Int64

        package init(offset: UInt64, time: Int64) {
            (self.offset, self.time) = (offset, time)
        }
    }

    package init(
        channel: ChannelName, epoch: Epoch, top: UInt64, trimmed: UInt64, closed: Bool, fence: UInt64?,
        predecessors: [Position], copied: UInt64?, life: Duration, newest: Mark?
    ) {
        self.channel = channel
        self.epoch = epoch
        self.top = top
        self.trimmed = trimmed
        self.closed = closed
        self.fence = fence
        self.predecessors = predecessors
        self.copied = copied
        self.life = life
        self.newest = newest
    }

    package var position: Position { Position(epoch: epoch, offset: top) }
}

/// Something that a channel keeps.
package enum TransferItem: Hashable, Sendable {
    /// A message of the log.
    case logged(Announcement)
    /// The newest message of a retain key; one that is not conflated is in the log too, while that has it.
    case retained(Announcement)
    /// An idempotency key, the offset that it brought, and how long ago.
    case key(IdempotencyKey, offset: UInt64, age: Duration)
}

extension TransferItem {
    /// What an item counts towards the size of a page beside its data or key, in bytes.
    package static let overhead = 64

    /// What the item counts towards the size of a page, in bytes.
    package var size: Int {
        switch self {
        case .logged(let announcement), .retained(let announcement):
            announcement.message.data.utf8.count + Self.overhead
        case .key(let key, _, _): key.rawValue.utf8.count + Self.overhead
        }
    }
}

/// Where an export goes on: after an item of one of the parts, which come one after the other.
package struct TransferPlace: Hashable, Sendable {
    package enum Part: String, CaseIterable, Sendable {
        case log, retained, keys

        /// The part that comes after this one.
        package var next: Part? {
            switch self {
            case .log: .retained
            case .retained: .keys
            case .keys: nil
            }
        }
    }

    package var part: Part
    /// An item of the part, as the broker counts them; 0: the place is before the first.
    package var after: UInt64

    package init(_ part: Part, after: UInt64 = 0) {
        (self.part, self.after) = (part, after)
    }

    package static let start = TransferPlace(.log)
    /// Behind everything.
    package static let end = TransferPlace(.keys, after: Position.maximumOffset)
}

/// A part of what a channel holds.
package struct TransferPage: Hashable, Sendable {
    /// The channel when the page was read.
    package var head: ChannelHead
    /// Part after part; each part in its order: messages of the log by offset, keys by age, oldest first.
    package var items: [TransferItem]
    /// Where the next page begins; `nil` when there is none.
    package var next: TransferPlace?

    package init(head: ChannelHead, items: [TransferItem], next: TransferPlace?) {
        self.head = head
        self.items = items
        self.next = next
    }
}
