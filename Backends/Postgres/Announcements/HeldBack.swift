import BrokerCore
import BrokerSupport

/// What is held back of one channel: a pointer, and what came behind it. Bounded as ``PointerFetch`` says.
struct HeldBack {
    private enum Item {
        case event(BrokerEvent)
        case pointer(Pointer)
    }

    /// The first is a pointer.
    private var items: [Item]
    /// Bytes of data that are held back.
    private(set) var bytes = 0
    /// The question under way for the first item.
    var ticket: PointerFetch.Ticket?

    init(_ pointer: Pointer) { items = [.pointer(pointer)] }

    var isEmpty: Bool { items.isEmpty }

    /// What is to be asked next; `nil` while a question is under way.
    var question: Pointer? {
        guard ticket == nil, case .pointer(let pointer)? = items.first else { return nil }
        return pointer
    }

    /// - Returns: `false` if there is no room.
    mutating func append(_ event: BrokerEvent) -> Bool {
        guard items.count < PointerFetch.eventsPerChannel,
            bytes + event.heldBytes <= PointerFetch.bytesPerChannel
        else { return false }
        bytes += event.heldBytes
        items.append(.event(event))
        return true
    }

    /// A pointer that goes on where the last one ends is asked with it.
    /// - Returns: `false` if there is no room.
    mutating func append(_ pointer: Pointer) -> Bool {
        if items.count > 1 || ticket == nil, case .pointer(var last)? = items.last, last.extends(to: pointer) {
            last.last = pointer.last
            items[items.count - 1] = .pointer(last)
            return true
        }
        guard items.count < PointerFetch.eventsPerChannel else { return false }
        items.append(.pointer(pointer))
        return true
    }

    /// The question under way is answered: returns what need not be held back any more, up to the next question; `nil`
    /// if a message is missing.
    mutating func fetched(_ records: [Record], of channel: ChannelName) -> [BrokerEvent]? {
        guard case .pointer(var pointer)? = items.first, !records.isEmpty, records.count <= pointer.messages else {
            return nil
        }
        ticket = nil
        var events: [BrokerEvent] = []
        for record in records {
            guard record.offset == pointer.first else { return nil }
            events.append(.published(record.announcement(on: channel, epoch: pointer.epoch)))
            pointer.first += 1
        }
        if pointer.first <= pointer.last {
            items[0] = .pointer(pointer)
            return events
        }
        items.removeFirst()
        release(into: &events)
        return events
    }

    /// The events before the next pointer.
    private mutating func release(into events: inout [BrokerEvent]) {
        var count = 0
        while count < items.count, case .event(let event) = items[count] {
            bytes -= event.heldBytes
            events.append(event)
            count += 1
        }
        items.removeFirst(count)
    }
}

extension Pointer {
    /// How many messages it stands for.
    var messages: Int { Int(last - first) + 1 }

    /// Whether `next` goes on where this one ends, and one question may stand for both.
    fileprivate func extends(to next: Pointer) -> Bool {
        epoch == next.epoch && last + 1 == next.first && Int(next.last - first) < PointerFetch.eventsPerChannel
    }
}

extension BrokerEvent {
    /// What the event holds, in bytes of data.
    var heldBytes: Int {
        if case .published(let announcement) = self { announcement.message.data.utf8.count } else { 0 }
    }
}
