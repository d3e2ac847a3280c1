import HTTPTypes
import Hub
import Hummingbird
import NIOCore

/// A body that is compressed on its way. Every part leaves whole, and nothing is kept between two of them but the checksum: a
/// reader who takes his time holds no deflate stream.
struct GzipBody: ResponseBodyWriter {
    /// What is compressed in one go, in bytes: the event loop has others to serve.
    private static let stepBytes = 64 << 10

    private var parent: any ResponseBodyWriter
    private let coding = GzipCoding()
    private var isBegun = false

    init(_ parent: any ResponseBodyWriter) {
        self.parent = parent
    }

    mutating func write(_ buffer: ByteBuffer) async throws {
        var rest = buffer
        while let part = rest.readSlice(length: min(rest.readableBytes, Self.stepBytes)), part.readableBytes > 0 {
            var output = beginning()
            output.writeShared(part.withUnsafeReadableBytes { coding.encode($0) })
            try await parent.write(output)
        }
    }

    consuming func finish(_ trailers: HTTPFields?) async throws {
        var output = beginning()
        output.writeShared(coding.end())
        try await parent.write(output)
        try await parent.finish(trailers)
    }

    private mutating func beginning() -> ByteBuffer {
        defer { isBegun = true }
        return isBegun ? ByteBuffer() : ByteBuffer(coding.begin())
    }
}

extension ByteBuffer {
    fileprivate mutating func writeShared(_ shared: SharedBytes) {
        _ = shared.withBytes { writeBytes($0) }
    }
}
