import BrokerCore

/// What one handle hears of one channel, in order, for one task to read.
final class Follower: Sendable {
    private let queue: BrokerEvents
    private let patience: Duration
    private let waiting = Locked<[BrokerEvent]>([])

    init(queue: BrokerEvents, patience: Duration) {
        self.queue = queue
        self.patience = patience
    }

    /// The next event; `nil` when there are no more. It waits as long as it takes: the caller sets the deadline.
    func next() async -> BrokerEvent? {
        if waiting.withLock({ $0.isEmpty }) {
            guard let more = await queue.next() else { return nil }
            waiting.withLock { $0 = more }
        }
        return waiting.withLock { $0.removeFirst() }
    }

    /// All events up to and including the first that is the last one waited for.
    func events(
        waitingFor what: String, file: String = #fileID, line: Int = #line,
        until isLast: @escaping @Sendable (BrokerEvent) -> Bool
    ) async throws -> [BrokerEvent] {
        try await Deadline.within(patience, waitingFor: what, file: file, line: line) { [self] in
            var events: [BrokerEvent] = []
            while let event = await next() {
                events.append(event)
                if isLast(event) { return events }
            }
            throw ConformanceFailure("the events ended before \(what)", file: file, line: line)
        }
    }

    /// All that is announced up to and including this offset. Any other event is a failure.
    func announcements(
        through offset: UInt64, file: String = #fileID, line: Int = #line
    ) async throws -> [Announcement] {
        let what = "the announcement of offset \(offset)"
        let events = try await events(waitingFor: what, file: file, line: line) { event in
            if case .published(let announcement) = event { announcement.message.offset >= offset } else { true }
        }
        return try events.map { event in
            if case .published(let announcement) = event { return announcement }
            throw ConformanceFailure("\(event) came instead of \(what)", file: file, line: line)
        }
    }

    /// Expects that the channel's deletion is the next that is heard. Returns the epoch that ended.
    func deletion(file: String = #fileID, line: Int = #line) async throws -> Epoch {
        let events = try await events(waitingFor: "the deletion", file: file, line: line) { _ in true }
        guard case .deleted(_, let epoch)? = events.first else {
            throw ConformanceFailure("\(events) came instead of the deletion", file: file, line: line)
        }
        return epoch
    }
}
