import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes

/// One answer on its way from the router's task to the connection.
struct HTTPAnswer {
    /// Answers of a known length up to this, in bytes, are written at once.
    private static let wholeBytes = 1 << 20

    let response: Response
    /// The request was HEAD: its answer has no body.
    let isHead: Bool
    let channel: any Channel

    func write() async {
        do {
            if isHead || response.body.contentLength.map({ $0 <= Self.wholeBytes }) ?? false {
                let gathered = GatheredBody()
                if !isHead { try await response.body.write(gathered) }
                writeWhole(gathered.buffer)
            } else {
                try await channel.writeAndFlush(HTTPResponsePart.head(response.head)).get()
                try await response.body.write(StreamedBody(channel: channel))
            }
        } catch {
            // The answer can't be finished: the peer must not take what it has for the whole.
            channel.close(promise: nil)
        }
    }

    private func writeWhole(_ body: ByteBuffer) {
        channel.write(HTTPResponsePart.head(response.head), promise: nil)
        if body.readableBytes > 0 { channel.write(HTTPResponsePart.body(body), promise: nil) }
        channel.writeAndFlush(HTTPResponsePart.end(nil), promise: nil)
    }
}

/// A body that is written part by part, each when the one before has left.
private struct StreamedBody: ResponseBodyWriter {
    let channel: any Channel

    func write(_ buffer: ByteBuffer) async throws {
        try await channel.writeAndFlush(HTTPResponsePart.body(buffer)).get()
    }

    consuming func finish(_ trailers: HTTPFields?) async throws {
        try await channel.writeAndFlush(HTTPResponsePart.end(trailers)).get()
    }
}
