import CZlib
import Hub

/// Bytes as deflate blocks that refer to nothing before them and end at a byte: pieces can follow each other in any order, and
/// whoever has them knows the checksum of the whole without reading it.
final class DeflatedPiece: Sendable {
    /// Below this, in bytes, compression saves less than it costs: a line of 120 bytes alone shrinks by an eighth.
    static let minimumBytes = 256
    /// The window of pieces that are for everybody.
    static let windowBits: Int32 = 15

    /// The blocks; the last ends with 00 00 FF FF if they are compressed.
    let blocks: SharedBytes
    /// Whether the blocks are smaller than what they hold.
    let isSmaller: Bool
    let checksum: Checksum

    init(_ plain: UnsafeRawBufferPointer, windowBits: Int32 = DeflatedPiece.windowBits) {
        checksum = Checksum(of: plain)
        let isWorthIt = plain.count >= Self.minimumBytes
        let deflated = isWorthIt ? DeflaterPool.shared.deflate(plain, windowBits: windowBits) : nil
        if let deflated, deflated.count < plain.count {
            blocks = deflated
            isSmaller = true
        } else {
            var writer = ByteWriter(capacity: plain.count + ByteWriter.storedBlockOverhead)
            writer.appendStoredBlocks(plain)
            blocks = writer.finish()
            isSmaller = false
        }
    }
}

/// The CRC-32 and the length of bytes, which can be found for two stretches together from those of each (RFC 1952 §2.3.1).
struct Checksum: Hashable, Sendable {
    /// Of no bytes.
    static let empty = Checksum()

    private(set) var crc: UInt32
    /// Modulo 2 to the power of 32.
    private(set) var count: UInt32
    /// What zlib makes of the length to combine checksums quickly.
    private let combination: UInt

    private init() {
        (crc, count) = (0, 0)
        combination = crc32_combine_gen(0)
    }

    init(of bytes: UnsafeRawBufferPointer) {
        crc = bytes.crc(following: 0)
        count = UInt32(truncatingIfNeeded: bytes.count)
        combination = crc32_combine_gen(bytes.count)
    }

    private init(crc: UInt32, count: UInt32, combination: UInt) {
        (self.crc, self.count, self.combination) = (crc, count, combination)
    }

    /// Of these bytes, and then those.
    static func joined(_ pieces: some Sequence<Checksum>) -> Checksum {
        var sum = RunningChecksum()
        var length = 0
        for piece in pieces {
            sum.add(piece)
            length += Int(piece.count)
        }
        return Checksum(crc: sum.crc, count: sum.count, combination: crc32_combine_gen(length))
    }

    /// The CRC of bytes whose CRC is `crc` with these behind them.
    func following(_ crc: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32_combine_op(UInt(crc), UInt(self.crc), combination))
    }
}

/// The checksum of a stream so far.
struct RunningChecksum {
    private(set) var crc: UInt32 = 0
    /// Modulo 2 to the power of 32.
    private(set) var count: UInt32 = 0

    mutating func add(_ piece: Checksum) {
        crc = piece.following(crc)
        count &+= piece.count
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        crc = bytes.crc(following: crc)
        count &+= UInt32(truncatingIfNeeded: bytes.count)
    }
}

extension UnsafeRawBufferPointer {
    /// The CRC-32 of what has this one, with these bytes behind it.
    fileprivate func crc(following crc: UInt32) -> UInt32 {
        guard !isEmpty else { return crc }
        return UInt32(
            truncatingIfNeeded: crc32_z(UInt(crc), baseAddress?.assumingMemoryBound(to: UInt8.self), count))
    }
}

extension ByteWriter {
    /// What a stored block takes beside its content, in bytes.
    static let storedBlockOverhead = 5
    /// The most that one stored block can hold, in bytes.
    private static let maximumStoredBytes = 0xFFFF

    /// Appends blocks that hold the bytes as they are (RFC 1951 §3.2.4), from a byte's beginning to a byte's end.
    mutating func appendStoredBlocks(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.maximumStoredBytes)
            rest = rest.dropFirst(part.count)
            let length = UInt16(part.count)
            append(byte: 0)
            append(littleEndian: length)
            append(littleEndian: ~length)
            append(UnsafeRawBufferPointer(rebasing: part))
        }
    }

    mutating func append(littleEndian value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { append($0) }
    }
}
