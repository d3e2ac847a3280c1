import BrokerCore
import Glibc
import Hub
import Synchronization

/// What was compressed lately, by its content: what several shards deliver, and what readers who come back are given again, is
/// compressed once for all of them.
///
/// It holds what it was asked for last: when the young are too many, they become the old, and the old are forgotten.
final class PieceCache: Sendable {
    static let shared = PieceCache()

    /// What the young and the old may hold each, plain and compressed, in bytes.
    static let maximumBytes = 4 << 20
    /// A larger content is not kept, in bytes.
    static let maximumPieceBytes = 256 << 10

    /// A content, copied, and the window it is compressed with.
    private struct Key: Hashable {
        let content: SharedBytes
        let windowBits: Int32
        /// Found once, and not while others wait.
        let hash: Int

        init(_ plain: UnsafeRawBufferPointer, _ windowBits: Int32) {
            var writer = ByteWriter(capacity: plain.count)
            writer.append(plain)
            content = writer.finish()
            self.windowBits = windowBits
            var hasher = Hasher()
            hasher.combine(bytes: plain)
            hash = hasher.finalize()
        }

        func hash(into hasher: inout Hasher) { hasher.combine(hash) }

        static func == (left: Key, right: Key) -> Bool {
            left.hash == right.hash && left.windowBits == right.windowBits
                && left.content.bytes.isEqual(to: right.content.bytes)
        }
    }

    /// Where the first to ask compresses, while others who ask for the same wait.
    private typealias Slot = Locked<DeflatedPiece?>

    private struct State {
        var young: [Key: Slot] = [:]
        var old: [Key: Slot] = [:]
        /// Of the young, and of the old.
        var bytes = 0
        var oldBytes = 0

        mutating func slot(_ key: Key) -> Slot {
            if let slot = young[key] { return slot }
            let slot = old[key] ?? Slot(nil)
            // The compressed one takes no more than the plain.
            bytes += 2 * key.content.count
            if bytes > PieceCache.maximumBytes {
                (old, oldBytes) = (young, bytes - 2 * key.content.count)
                (young, bytes) = ([:], 2 * key.content.count)
            }
            young[key] = slot
            return slot
        }
    }

    private let state = Locked(State())
    private let compressions = Atomic<UInt64>(0)

    /// How often something was compressed because it was not known yet.
    var count: UInt64 { compressions.load(ordering: .relaxed) }

    /// What it holds, plain and compressed, at most, in bytes.
    var heldBytes: Int { state.withLock { $0.bytes + $0.oldBytes } }

    /// The content compressed by itself.
    func piece(
        of plain: UnsafeRawBufferPointer, windowBits: Int32 = DeflatedPiece.windowBits
    ) -> DeflatedPiece {
        guard plain.count >= DeflatedPiece.minimumBytes else { return DeflatedPiece(plain) }
        guard plain.count <= Self.maximumPieceBytes else { return compress(plain, windowBits) }
        let key = Key(plain, windowBits)
        let slot = state.withLock { $0.slot(key) }
        return slot.withLock { known in
            let piece = known ?? compress(plain, windowBits)
            known = piece
            return piece
        }
    }

    private func compress(_ plain: UnsafeRawBufferPointer, _ windowBits: Int32) -> DeflatedPiece {
        compressions.wrappingAdd(1, ordering: .relaxed)
        return DeflatedPiece(plain, windowBits: windowBits)
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func isEqual(to other: Self) -> Bool {
        guard count == other.count else { return false }
        guard let base = baseAddress, let others = other.baseAddress else { return true }
        return memcmp(base, others, count) == 0
    }
}
