import Foundation

extension UnsafeRawBufferPointer {
    /// Where a byte stands first, found many bytes at a time.
    func firstIndex(ofByte byte: UInt8) -> Int? {
        guard let baseAddress, let found = memchr(baseAddress, Int32(byte), count) else { return nil }
        return UnsafeRawPointer(found) - baseAddress
    }

    /// Where a byte stands last.
    func lastIndex(ofByte byte: UInt8) -> Int? {
        var index = count
        while index > 0 {
            index -= 1
            if self[index] == byte { return index }
        }
        return nil
    }
}
