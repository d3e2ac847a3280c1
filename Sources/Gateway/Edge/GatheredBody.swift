import HTTPTypes
import Hummingbird
import NIOCore

/// A body that is gathered, to be written at once.
final class GatheredBody: ResponseBodyWriter {
    private(set) var buffer = ByteBuffer()

    func write(_ buffer: ByteBuffer) async throws { self.buffer.writeImmutableBuffer(buffer) }
    consuming func finish(_: HTTPFields?) async throws {}
}
