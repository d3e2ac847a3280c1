/// One event of an event stream, as the HTML standard dispatches it.
package struct ServerSentEvent: Hashable, Sendable {
    /// `message` when the stream names none.
    package var event: String
    /// The data lines, joined by LF.
    package var data: String
    /// The stream's last event id when the event was dispatched; empty if there was none.
    package var lastEventID: String

    package init(event: String, data: String, lastEventID: String) {
        self.event = event
        self.data = data
        self.lastEventID = lastEventID
    }
}

/// Reads an event stream as the HTML standard says (§9.2.6): bytes in, events out, however the bytes are cut.
///
/// An event that the stream's end cuts off is never given.
package struct EventStreamParser: Sendable {
    /// The bytes of one unfinished event, at most: above the largest message there can be, with room for its lines'
    /// names.
    package static let maximumEventBytes = 64 << 20

    package struct TooLarge: Error {}

    /// What to send as `Last-Event-ID` when coming back.
    package private(set) var lastEventID: String
    /// What the last `retry` field said, in milliseconds.
    package private(set) var retry: Int?

    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var event = ""
    private var pendingID: String
    private var afterCarriageReturn = false
    private var atStart = true

    package init() {
        lastEventID = ""
        pendingID = ""
    }

    /// For the next connection of the same reader: its last event id and retry time stay.
    package init(continuing earlier: Self) {
        lastEventID = earlier.lastEventID
        pendingID = earlier.lastEventID
        retry = earlier.retry
    }

    /// - Throws: ``TooLarge`` when an event passes ``maximumEventBytes``.
    package mutating func feed(_ bytes: some Sequence<UInt8>) throws(TooLarge) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n") where afterCarriageReturn:
                afterCarriageReturn = false
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                afterCarriageReturn = byte == UInt8(ascii: "\r")
                if let event = endLine() { events.append(event) }
            default:
                afterCarriageReturn = false
                guard line.count + data.count < Self.maximumEventBytes else { throw TooLarge() }
                line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if atStart {
            atStart = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        if line.isEmpty { return dispatch() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        take(field: String(decoding: line[..<colon], as: UTF8.self), value: value)
        return nil
    }

    private mutating func take(field: String, value: ArraySlice<UInt8>) {
        switch field {
        case "data":
            if hasData { data.append(UInt8(ascii: "\n")) }
            data += value
            hasData = true
        case "event":
            event = String(decoding: value, as: UTF8.self)
        case "id" where !value.contains(0):
            pendingID = String(decoding: value, as: UTF8.self)
        case "retry" where value.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }:
            retry = Int(String(decoding: value, as: UTF8.self)) ?? retry
        default:
            break
        }
    }

    private mutating func dispatch() -> ServerSentEvent? {
        lastEventID = pendingID
        defer {
            data.removeAll(keepingCapacity: true)
            hasData = false
            event = ""
        }
        guard hasData else { return nil }
        return ServerSentEvent(
            event: event.isEmpty ? "message" : event, data: String(decoding: data, as: UTF8.self),
            lastEventID: lastEventID)
    }
}
