import Hummingbird
import NIOCore

/// A request's body on its way to the responder: what has come and was not read yet is bounded, and beyond that the
/// connection is not read.
struct RequestBodySource {
    typealias Producer = NIOThrowingAsyncSequenceProducer<
        ByteBuffer, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, Demand
    >

    /// Says when more may come; called on any thread.
    final class Demand: NIOAsyncSequenceProducerDelegate, Sendable {
        private let more: @Sendable () -> Void

        init(more: @escaping @Sendable () -> Void) {
            self.more = more
        }

        func produceMore() { more() }
        func didTerminate() { more() }
    }

    /// Buffers that may wait for the responder.
    private static let watermarks = (low: 2, high: 8)

    private let source: Producer.Source
    let body: RequestBody

    /// - Parameters:
    ///   - more: the responder has room again, or wants no more.
    ///   - begun: the responder has begun to read.
    init(more: @escaping @Sendable () -> Void, begun: @escaping @Sendable () -> Void) {
        let new = Producer.makeSequence(
            backPressureStrategy: .init(lowWatermark: Self.watermarks.low, highWatermark: Self.watermarks.high),
            finishOnDeinit: true, delegate: Demand(more: more))
        source = new.source
        body = RequestBody(asyncSequence: AwaitedBody(sequence: new.sequence, begun: begun))
    }

    /// `false`: no more should come until `more` is called.
    func yield(_ buffer: ByteBuffer) -> Bool {
        switch source.yield(buffer) {
        case .produceMore: true
        case .stopProducing: false
        case .dropped: true
        }
    }

    func finish(_ error: (any Error)? = nil) {
        if let error { source.finish(error) } else { source.finish() }
    }
}

/// A body that tells when it is first asked for: a client that waits for `100 Continue` gets it then, and not when the
/// request is refused by its head alone.
private struct AwaitedBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let sequence: RequestBodySource.Producer
    let begun: @Sendable () -> Void

    struct AsyncIterator: AsyncIteratorProtocol {
        var iterator: RequestBodySource.Producer.AsyncIterator?
        let body: AwaitedBody

        mutating func next() async throws -> ByteBuffer? {
            if iterator == nil {
                body.begun()
                iterator = body.sequence.makeAsyncIterator()
            }
            return try await iterator?.next()
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: self) }
}

@available(*, unavailable)
extension AwaitedBody.AsyncIterator: Sendable {}
