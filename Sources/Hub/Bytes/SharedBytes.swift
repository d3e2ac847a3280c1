import NIOCore

/// Bytes that are written once, sealed, and then shared by every reader that gets them.
///
/// Not a `ByteBuffer`, because a shard hands their address to the kernel for thousands of readers in a row.
///
/// `@unchecked Sendable`: nothing writes to it once it has been handed out; see ``ByteWriter``.
package final class SharedBytes: @unchecked Sendable {
    fileprivate(set) var base: UnsafeMutableRawPointer
    package fileprivate(set) var count = 0
    fileprivate var capacity: Int

    fileprivate init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 1)
    }

    deinit { base.deallocate() }

    /// Good as long as the object is held; see ``withBytes(_:)``.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Holds the object while `body` uses its bytes.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withExtendedLifetime(self) { body(bytes) }
    }
}

/// Writes what is to become ``SharedBytes``. The writer gives its bytes away when it is finished, and can't be used then.
package struct ByteWriter: ~Copyable {
    private let storage: SharedBytes

    package init(capacity: Int = 512) {
        storage = SharedBytes(capacity: max(capacity, 64))
    }

    package var count: Int { storage.count }

    /// The byte that was written last; `nil` if none was.
    package var last: UInt8? {
        storage.count == 0 ? nil : storage.base.load(fromByteOffset: storage.count - 1, as: UInt8.self)
    }

    /// Seals what was written.
    package consuming func finish() -> SharedBytes { storage }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        storage.base.advanced(by: storage.count).copyMemory(from: source, byteCount: bytes.count)
        storage.count += bytes.count
    }

    package mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    package mutating func append(byte: UInt8) {
        reserve(1)
        storage.base.storeBytes(of: byte, toByteOffset: storage.count, as: UInt8.self)
        storage.count += 1
    }

    /// Appends a number in decimal.
    package mutating func append(_ number: UInt64) {
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var first = 20
            var rest = number
            repeat {
                first -= 1
                digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            append(UnsafeRawBufferPointer(rebasing: digits[first...]))
        }
    }

    /// Leaves room for `count` bytes at this place, for ``patch(at:_:)``.
    package mutating func skip(_ count: Int) {
        reserve(count)
        storage.count += count
    }

    /// Moves what stands at `offset` and behind it: forward to leave a hole, back to close one.
    package mutating func move(from offset: Int, by distance: Int) {
        guard distance != 0 else { return }
        let length = storage.count - offset
        if distance > 0 { reserve(distance) }
        let start = storage.base.advanced(by: offset)
        start.advanced(by: distance).copyMemory(from: start, byteCount: length)
        storage.count += distance
    }

    /// Overwrites bytes that were written or skipped.
    package mutating func patch(at offset: Int, _ bytes: UnsafeRawBufferPointer) {
        precondition(offset >= 0 && offset + bytes.count <= storage.count, "a patch lies within what was written")
        guard let source = bytes.baseAddress else { return }
        storage.base.advanced(by: offset).copyMemory(from: source, byteCount: bytes.count)
    }

    /// Lets `change` alter what stands at `offset` and behind it, byte for byte.
    package mutating func edit(from offset: Int, _ change: (UnsafeMutableRawBufferPointer) -> Void) {
        precondition(0...storage.count ~= offset, "what is edited was written")
        change(UnsafeMutableRawBufferPointer(start: storage.base + offset, count: storage.count - offset))
    }

    private mutating func reserve(_ more: Int) {
        guard storage.count + more > storage.capacity else { return }
        let capacity = max(storage.capacity * 2, storage.count + more)
        let base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
        base.copyMemory(from: storage.base, byteCount: storage.count)
        storage.base.deallocate()
        storage.base = base
        storage.capacity = capacity
    }
}
