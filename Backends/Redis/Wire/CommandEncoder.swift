import CHiredis
import NIOCore

/// Writes commands as a server reads them, by hiredis's formatter. Any text is data: lengths go before it.
struct CommandEncoder {
    /// All words of a command, one behind the other, where the formatter can point at them; kept for the next command.
    private var words: [UInt8] = []
    private var lengths: [Int] = []

    /// Room that is kept between commands, in bytes.
    private static let maximumKeptBytes = 1 << 20

    mutating func write(_ command: Command, into buffer: inout ByteBuffer) {
        words.removeAll(keepingCapacity: words.capacity <= Self.maximumKeptBytes)
        lengths.removeAll(keepingCapacity: true)
        for word in command.words {
            let before = words.count
            words.append(contentsOf: word.utf8)
            lengths.append(words.count - before)
        }
        format(into: &buffer)
    }

    private func format(into buffer: inout ByteBuffer) {
        words.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: lengths.count) { pointers in
                // An empty array may have no address; a word of no bytes is never read, but must not be null.
                var address = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
                for index in lengths.indices {
                    pointers.initializeElement(at: index, to: address?.assumingMemoryBound(to: CChar.self))
                    address = address.map { $0 + lengths[index] }
                }
                var formatted: UnsafeMutablePointer<CChar>?
                let count = redisFormatCommandArgv(&formatted, Int32(lengths.count), pointers.baseAddress, lengths)
                guard count >= 0, let formatted else { preconditionFailure("out of memory") }
                buffer.writeBytes(UnsafeRawBufferPointer(start: formatted, count: Int(count)))
                redisFreeCommand(formatted)
            }
        }
    }
}

extension Command {
    /// About the bytes it takes on the wire.
    var size: Int { words.reduce(16) { $0 + $1.utf8.count + 16 } }
}
