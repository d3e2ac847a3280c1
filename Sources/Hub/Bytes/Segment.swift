/// A stretch of shared bytes that one reader is to get.
package struct Segment {
    let bytes: SharedBytes
    var start: Int
    let end: Int

    package init(_ bytes: SharedBytes, _ range: Range<Int>) {
        self.bytes = bytes
        start = range.lowerBound
        end = range.upperBound
    }

    package init(_ bytes: SharedBytes) {
        self.init(bytes, 0..<bytes.count)
    }

    /// Without its first `count` bytes.
    func dropping(_ count: Int) -> Segment { Segment(bytes, start + count..<end) }

    package var count: Int { end - start }

    package var content: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes.bytes[start..<end]) }
}
