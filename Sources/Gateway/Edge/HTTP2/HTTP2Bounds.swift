import GatewayConfig
import NIOCore
import NIOHTTP2

/// What a peer may have us keep, and do, over one connection of HTTP/2. Past these bounds the connection is closed (RFC 9113 §10.5).
enum HTTP2Bounds {
    /// The largest frame that a peer may send, in bytes: the least that there is (RFC 9113 §4.2).
    private static let frameBytes = 16 << 10
    /// Frames that cost us something and the peer nothing, in ``seconds``, besides those of the streams themselves: resets, broken streams,
    /// pings, settings.
    private static let frames = 200
    private static let seconds = TimeAmount.seconds(30)
    /// Answers to a peer's pings and settings that it does not take.
    private static let unsentAnswers = 1000

    static func connection(_ limits: GatewayConfig.Limits) -> NIOHTTP2Handler.ConnectionConfiguration {
        var bounds = NIOHTTP2Handler.ConnectionConfiguration()
        let head = largestHead(limits)
        bounds.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.http2Streams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: head),
        ]
        bounds.maximumSequentialContinuationFrames = head / frameBytes + 5
        bounds.maximumBufferedControlFrames = unsentAnswers + limits.http2Streams
        bounds.controlFrameRateLimit.maximumCount = frames + limits.http2Streams
        bounds.controlFrameRateLimit.windowLength = seconds
        return bounds
    }

    /// A proxy sends the streams of many readers by one connection: all of them may be reset at once, twice.
    static func stream(_ limits: GatewayConfig.Limits) -> NIOHTTP2Handler.StreamConfiguration {
        var bounds = NIOHTTP2Handler.StreamConfiguration()
        bounds.streamResetFrameRateLimit.maximumCount = frames + 2 * limits.http2Streams
        bounds.streamResetFrameRateLimit.windowLength = seconds
        bounds.streamErrorRateLimit.maximumCount = frames
        bounds.streamErrorRateLimit.windowLength = seconds
        return bounds
    }

    /// A head that is over the limits is refused by 431; only one that is far over them ends the connection. Counted as HPACK does, with 32 bytes
    /// for each field (RFC 7541 §4.1).
    private static func largestHead(_ limits: GatewayConfig.Limits) -> Int {
        2 * (limits.headerBytes + 32 * limits.headerCount)
    }
}
