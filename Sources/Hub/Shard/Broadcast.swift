import CSendRing

/// Sends to many sockets by one system call, where the kernel allows that.
///
/// `@unchecked Sendable`: a shard's thread alone uses it, from the thread's start on.
final class Broadcast: @unchecked Sendable {
    /// The most parcels of one call.
    private static let mostParcels = Int(CSEND_MOST)
    /// What one call sends, in bytes, about: so long nobody else has the processor.
    private static let mostBytes = 1 << 20

    /// `nil`: a system call each.
    private let ring: OpaquePointer?
    private let parcels = UnsafeMutablePointer<csend_parcel>.allocate(capacity: mostParcels)
    private var count = 0
    private var bytes = 0

    init(usesRing: Bool) {
        ring = usesRing ? csend_ring_open() : nil
    }

    deinit {
        csend_ring_close(ring)
        parcels.deallocate()
    }

    /// The kernel lets the process use io_uring.
    var hasRing: Bool { ring != nil }

    var isFull: Bool { count == Self.mostParcels || bytes >= Self.mostBytes }

    /// Adds a parcel, unless it ``isFull``. The bytes must stay where they are until it is sent.
    func add(_ content: UnsafeRawBufferPointer, to socket: Int32, tag: Int) {
        parcels[count] = csend_parcel(
            bytes: content.baseAddress, size: UInt32(content.count), socket: socket, taken: 0, tag: UInt32(tag))
        count += 1
        bytes += content.count
    }

    /// Sends what was added.
    /// - Returns: the tag of each parcel that was not taken whole, and how many of its bytes were.
    func send() -> [(tag: Int, taken: Int)] {
        csend_all(ring, parcels, Int32(count))
        var short: [(tag: Int, taken: Int)] = []
        for parcel in UnsafeBufferPointer(start: parcels, count: count) where Int(parcel.taken) != Int(parcel.size) {
            short.append((Int(parcel.tag), max(0, Int(parcel.taken))))
        }
        (count, bytes) = (0, 0)
        return short
    }
}
