import BrokerCore
import BrokerSupport

/// Reads a notification: sections one after another until its end.
///
/// - `+EPOCH CHANNEL COUNT`, a line feed, then so many records: messages.
/// - `*EPOCH CHANNEL FIRST LAST`, a line feed: a ``Pointer``.
/// - `-EPOCH CHANNEL`, a line feed: the channel was deleted.
///
/// It trusts nothing: whoever may connect to a database may notify under any name.
struct NotificationReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// What the notification says of the channels that are wanted; `nil` for a foreign one. All of it or nothing.
    static func sections(_ bytes: UnsafeBufferPointer<UInt8>, isWanted: (ChannelName) -> Bool) -> [Section]? {
        var reader = NotificationReader(bytes)
        var sections: [Section] = []
        repeat {
            guard reader.readSection(into: &sections, isWanted: isWanted) else { return nil }
        } while reader.index < bytes.count
        return sections
    }

    private mutating func readSection(into sections: inout [Section], isWanted: (ChannelName) -> Bool) -> Bool {
        guard index < bytes.count else { return false }
        let kind = bytes[index]
        index += 1
        guard let epoch = word(endingWith: " ").flatMap({ Epoch($0) }),
            let name = word(endingWith: kind == UInt8(ascii: "-") ? "\n" : " "),
            let channel = try? ChannelName(name)
        else { return false }
        switch kind {
        case UInt8(ascii: "+"):
            guard let records = records() else { return false }
            guard isWanted(channel) else { return true }
            guard let events = Self.events(records, on: channel, epoch: epoch) else { return false }
            sections.append(.events(channel, events))
        case UInt8(ascii: "*"):
            guard let first = offset(endingWith: " "), let last = offset(endingWith: "\n"), first <= last
            else { return false }
            guard isWanted(channel) else { return true }
            sections.append(.pointer(Pointer(channel: channel, epoch: epoch, first: first, last: last)))
        case UInt8(ascii: "-"):
            if isWanted(channel) { sections.append(.events(channel, [.deleted(channel, epoch)])) }
        default: return false
        }
        return true
    }

    private static func events(
        _ records: UnsafeBufferPointer<UInt8>, on channel: ChannelName, epoch: Epoch
    ) -> [BrokerEvent]? {
        var reader = RecordReader(records)
        return reader.readAll { .published($0.announcement(on: channel, epoch: epoch)) }
    }
}

// MARK: Parts

extension NotificationReader {
    /// A count, a line feed, and so many records. Of these only the lengths are read: most may be of channels that nobody
    /// here wants.
    private mutating func records() -> UnsafeBufferPointer<UInt8>? {
        guard let count = offset(endingWith: "\n") else { return nil }
        let start = index
        for _ in 0..<count {
            guard let end = bytes[index...].firstIndex(of: UInt8(ascii: "\n")),
                let space = bytes[index..<end].lastIndex(of: UInt8(ascii: " ")),
                let length = RecordReader.number(bytes[(space + 1)..<end]).flatMap({ Int(exactly: $0) }),
                length <= bytes.count - end - 1
            else { return nil }
            index = end + 1 + length
        }
        return UnsafeBufferPointer(rebasing: bytes[start..<index])
    }

    private mutating func word(endingWith end: Unicode.Scalar) -> String? {
        slice(endingWith: end).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A number from 1 to the highest offset that there can be.
    private mutating func offset(endingWith end: Unicode.Scalar) -> UInt64? {
        guard let value = slice(endingWith: end).flatMap({ RecordReader.number($0) }),
            1...Position.maximumOffset ~= value
        else { return nil }
        return value
    }

    private mutating func slice(endingWith end: Unicode.Scalar) -> Slice<UnsafeBufferPointer<UInt8>>? {
        guard let stop = bytes[index...].firstIndex(of: UInt8(ascii: end)) else { return nil }
        defer { index = stop + 1 }
        return bytes[index..<stop]
    }
}
