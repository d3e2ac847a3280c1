import BrokerConformance
import CZlib
import Hub

/// What the tests compress, and zlib's own view of what came of it.
enum Samples {
    /// Text as a log has it: no two lines alike, and all of them similar.
    static func text(bytes: Int, seed: UInt64 = 1) -> [UInt8] {
        var random = SplitMix64(seed: seed)
        var text: [UInt8] = []
        while text.count < bytes {
            text += Array("[\(UInt32.random(in: 0...999, using: &random))] Compiling Gateway/Hub.swift\n".utf8)
        }
        return Array(text.prefix(bytes))
    }

    /// Bytes of which deflate can make nothing smaller.
    static func noise(bytes: Int) -> [UInt8] {
        var random = SplitMix64(seed: 2)
        return (0..<bytes).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// What these blocks inflate to; `nil` if they are no deflate.
    /// - Parameter windowBits: as `inflateInit2` has it: negative for raw deflate, and 16 more for gzip, whose checksum is
    ///   compared.
    static func inflated(_ deflated: [UInt8], windowBits: Int32) -> [UInt8]? {
        inflate(deflated, -windowBits, until: Z_OK)
    }

    /// What a gzip member holds; `nil` unless it is whole, nothing stands behind it, and its checksum is right.
    static func gunzipped(_ member: [UInt8]) -> [UInt8]? {
        inflate(member, 16 + 15, until: Z_STREAM_END)
    }

    private static func inflate(_ input: [UInt8], _ windowBits: Int32, until end: Int32) -> [UInt8]? {
        var stream = z_stream()
        inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { inflateEnd(&stream) }
        var input = input
        var output: [UInt8] = []
        var step = [UInt8](repeating: 0, count: 1 << 16)
        return input.withUnsafeMutableBufferPointer { bytes in
            stream.next_in = bytes.baseAddress
            stream.avail_in = UInt32(bytes.count)
            while true {
                let (result, count) = step.withUnsafeMutableBufferPointer { step in
                    stream.next_out = step.baseAddress
                    stream.avail_out = UInt32(step.count)
                    return (CZlib.inflate(&stream, Z_SYNC_FLUSH), step.count - Int(stream.avail_out))
                }
                output += step[..<count]
                guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else { return nil }
                guard result == Z_STREAM_END || stream.avail_in == 0 && stream.avail_out > 0 else { continue }
                return stream.avail_in == 0 && (end != Z_STREAM_END || result == end) ? output : nil
            }
        }
    }
}

extension SharedBytes {
    var copy: [UInt8] { withBytes { Array($0) } }
}

extension Segment {
    var copy: [UInt8] { withExtendedLifetime(self) { Array(content) } }
}
