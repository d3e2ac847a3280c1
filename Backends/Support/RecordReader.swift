import BrokerCore

/// Reads records that follow one another. It trusts nothing: others may write under our prefix.
package struct RecordReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0

    /// Reads from bytes that outlive the reader.
    package init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Whether all has been read.
    package var isAtEnd: Bool { index == bytes.count }

    /// The next record; `nil` where there is none, and then there is no going on.
    package mutating func next() -> Record? {
        guard let offset = number(endingWith: " "), 1...Position.maximumOffset ~= offset,
            let time = number(endingWith: " ").flatMap({ Int64(exactly: $0) }),
            let flags = word(endingWith: " ").flatMap({ Flags($0) }),
            let event = word(endingWith: " ").flatMap({ Self.event($0) }),
            let keyWord = word(endingWith: " "), let key = Self.key(keyWord),
            let length = number(endingWith: "\n").flatMap({ Int(exactly: $0) }), length <= bytes.count - index
        else { return nil }
        // A length that ends within a character is no length of ours.
        let data = UnsafeBufferPointer(rebasing: bytes[index..<(index + length)])
        guard index + length == bytes.count || !Self.isContinuation(bytes[index + length]),
            key != nil || !flags.conflated
        else { return nil }
        index += length
        return Record(
            offset: offset, time: time, event: event, key: key, format: flags.format, conflated: flags.conflated,
            closes: flags.closes, data: String(decoding: data, as: UTF8.self))
    }

    /// What becomes of all that remains; `nil` where something else than a record is met.
    @inlinable
    package mutating func readAll<Value>(_ body: (Record) -> Value) -> [Value]? {
        var values: [Value] = []
        while !isAtEnd {
            guard let record = next() else { return nil }
            values.append(body(record))
        }
        return values
    }

    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    private static func event(_ word: Slice<UnsafeBufferPointer<UInt8>>) -> EventName? {
        if word.elementsEqual("message".utf8) { return .message }
        return try? EventName(String(decoding: word, as: UTF8.self))
    }

    /// `.some(nil)` for an empty word, which is no key.
    private static func key(_ word: Slice<UnsafeBufferPointer<UInt8>>) -> RetainKey?? {
        if word.isEmpty { return .some(nil) }
        return (try? RetainKey(String(decoding: word, as: UTF8.self))).map { .some($0) } ?? nil
    }

    private mutating func word(endingWith end: Unicode.Scalar) -> Slice<UnsafeBufferPointer<UInt8>>? {
        guard let stop = bytes[index...].firstIndex(of: UInt8(ascii: end)) else { return nil }
        defer { index = stop + 1 }
        return bytes[index..<stop]
    }

    private mutating func number(endingWith end: Unicode.Scalar) -> UInt64? {
        word(endingWith: end).flatMap { Self.number($0) }
    }

    /// A number of decimal digits, without a sign and without needless zeros, below 10^19.
    package static func number(_ word: Slice<UnsafeBufferPointer<UInt8>>) -> UInt64? {
        guard (1...19).contains(word.count), word.count == 1 || word.first != 0x30 else { return nil }
        var value: UInt64 = 0
        for byte in word {
            guard 0x30...0x39 ~= byte else { return nil }
            value = value * 10 + UInt64(byte - 0x30)
        }
        return value
    }
}

/// What a record's letters say: `t` text or `j` JSON, then `c` if conflated, then `x` if it closes the channel.
private struct Flags {
    var format: DataFormat
    var conflated = false
    var closes = false

    init?(_ word: Slice<UnsafeBufferPointer<UInt8>>) {
        switch word.first {
        case UInt8(ascii: "t"): format = .text
        case UInt8(ascii: "j"): format = .json
        default: return nil
        }
        var rest = word.dropFirst()
        if rest.first == UInt8(ascii: "c") { (conflated, rest) = (true, rest.dropFirst()) }
        if rest.first == UInt8(ascii: "x") { (closes, rest) = (true, rest.dropFirst()) }
        guard rest.isEmpty else { return nil }
    }
}
