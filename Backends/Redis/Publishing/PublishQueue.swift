import BrokerCore
import BrokerSupport

/// Publications on their way to Redis.
///
/// A channel has one call under way at most; what is published on it meanwhile waits, and goes with the next call together. So a
/// channel at rest never waits, and a busy one needs fewer and fewer calls for its messages: concurrent requests share round
/// trips, and one execution of the server's function. And whatever becomes of a call (it is redirected, or repeated when
/// the server has lost the function), none of its channel's can overtake it.
final class PublishQueue: Sendable {
    /// Sends a call with these publications of one channel; the answer comes later, on any thread.
    typealias Send =
        @Sendable (
            ChannelName, [Publication], @escaping @Sendable ([Result<Receipt, BrokerError>]) -> Void
        ) -> Void

    /// Publications that one call carries, at most: the server does nothing else while it carries one out.
    static let callPublications = 128
    /// Bytes of data that one call carries, at most, unless a single publication has more.
    static let callBytes = 1 << 20
    /// Publications that wait for an answer, at most; more are refused as unavailable.
    static let maximumPublications = 65_536
    /// Bytes of data that wait for an answer, at most; more are refused as unavailable.
    static let maximumBytes = 128 << 20

    private struct State {
        var lanes: [ChannelName: Lane] = [:]
        var publications = 0
        var bytes = 0

        /// What goes next on a channel, if it may now. A lane at rest is gone.
        mutating func next(on channel: ChannelName) -> Batch? {
            let next = lanes[channel]?.next(on: channel)
            if lanes[channel]?.isAtRest == true { lanes[channel] = nil }
            return next
        }
    }

    private let state = Locked(State())
    private let send: Send

    init(send: @escaping Send) { self.send = send }

    /// Publications that wait for an answer.
    var publicationCount: Int { state.withLock { $0.publications } }

    /// Publishes, in order on each channel, and answers in the same order.
    func publish(_ publications: [Publication]) async -> [Result<Receipt, BrokerError>] {
        guard !publications.isEmpty else { return [] }
        let bytes = publications.reduce(0) { $0 + $1.data.utf8.count }
        return await withCheckedContinuation { continuation in
            let request = PublishRequest(count: publications.count) { continuation.resume(returning: $0) }
            guard let batches = enqueue(publications, bytes, for: request) else {
                let refusal = BrokerError.unavailable(
                    reason: "\(Self.maximumPublications) publications or \(Self.maximumBytes >> 20) MiB wait for Redis")
                return request.answerAll(.failure(refusal))
            }
            for batch in batches { dispatch(batch) }
        }
    }

    /// Puts publications in their lanes. Returns what can go at once; `nil`: there is no room.
    private func enqueue(_ publications: [Publication], _ bytes: Int, for request: PublishRequest) -> [Batch]? {
        state.withLock { state in
            guard state.publications + publications.count <= Self.maximumPublications,
                state.bytes + bytes <= Self.maximumBytes || state.bytes == 0
            else { return nil }
            state.publications += publications.count
            state.bytes += bytes
            var batches: [Batch] = []
            for (index, publication) in publications.enumerated() {
                let entry = Batch.Entry(publication: publication, request: request, index: index)
                state.lanes[publication.channel, default: Lane()].waiting.append(entry)
            }
            for channel in Set(publications.lazy.map(\.channel)) {
                if let batch = state.lanes[channel]?.next(on: channel) { batches.append(batch) }
            }
            return batches
        }
    }

    /// Sends a batch. Where it is answered before `send` returns, as everything is while the link is down, what waits on
    /// its channel goes from here, and not each from within the one before: the stack has no room for so many.
    private func dispatch(_ first: Batch) {
        var next: Batch? = first
        while let batch = next {
            send(batch.channel, batch.entries.map(\.publication)) { [self] results in
                if let following = answered(batch) { dispatch(following) }
                for (entry, result) in zip(batch.entries, results) { entry.request.answer(entry.index, result) }
            }
            next = sent(batch)
        }
    }

    private func answered(_ batch: Batch) -> Batch? {
        state.withLock { state in
            state.publications -= batch.entries.count
            state.bytes -= batch.bytes
            state.lanes[batch.channel]?.isUnderway = false
            return state.next(on: batch.channel)
        }
    }

    private func sent(_ batch: Batch) -> Batch? {
        state.withLock { state in
            state.lanes[batch.channel]?.isSending = false
            return state.next(on: batch.channel)
        }
    }
}

/// What waits on one channel, and whether a call is under way.
private struct Lane {
    var waiting = FIFO<Batch.Entry>()
    /// A call has no answer yet.
    var isUnderway = false
    /// `send` has not returned yet.
    var isSending = false

    var isAtRest: Bool { !isUnderway && !isSending && waiting.isEmpty }

    /// What goes in the next call, if one may go now.
    mutating func next(on channel: ChannelName) -> Batch? {
        guard !isUnderway, !isSending, !waiting.isEmpty else { return nil }
        (isUnderway, isSending) = (true, true)
        var batch = Batch(channel: channel)
        while let entry = waiting.first, batch.hasRoom(for: entry) {
            batch.append(entry)
            _ = waiting.popFirst()
        }
        return batch
    }
}

/// The publications of one call.
private struct Batch {
    struct Entry {
        let publication: Publication
        let request: PublishRequest
        /// Its place in the request.
        let index: Int
    }

    let channel: ChannelName
    private(set) var entries: [Entry] = []
    private(set) var bytes = 0

    init(channel: ChannelName) { self.channel = channel }

    func hasRoom(for entry: Entry) -> Bool {
        entries.isEmpty
            || entries.count < PublishQueue.callPublications
                && bytes + entry.publication.data.utf8.count <= PublishQueue.callBytes
    }

    mutating func append(_ entry: Entry) {
        entries.append(entry)
        bytes += entry.publication.data.utf8.count
    }
}
