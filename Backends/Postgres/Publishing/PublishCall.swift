import BrokerCore
import BrokerSupport

/// One call of `append`: publications of some channels, of each in order. A channel is in one call at a time.
struct PublishCall: Sendable {
    /// Publications that one call carries, at most: they are one transaction, which the first has to wait for.
    static let maximumPublications = 512
    /// Bytes of data that one call carries, at most, unless a single publication has more.
    static let maximumBytes = 1 << 20

    /// How long the server waits for a channel that another transaction holds. Zero: not at all; the others proceed.
    let patience: Duration
    /// When it goes.
    let start: ContinuousClock.Instant
    private(set) var parts: [Part] = []
    private(set) var count = 0
    private(set) var bytes = 0
    /// It has a publication that goes alone.
    private var isFull = false

    /// What a call carries for one channel.
    struct Part: Sendable {
        let channel: ChannelName
        var entries: [PublishEntry] = []
    }

    init(patience: Duration, start: ContinuousClock.Instant) { (self.patience, self.start) = (patience, start) }

    var isPatient: Bool { patience > .zero }

    /// All that it carries, channel by channel.
    var publications: [Publication] { parts.flatMap { $0.entries.map(\.publication) } }

    func hasRoom(for entry: PublishEntry) -> Bool {
        if count == 0 { return true }
        if isFull || entry.goesAlone { return false }
        return count < Self.maximumPublications && bytes + entry.bytes <= Self.maximumBytes
    }

    /// Takes what there is room for from the lane of a channel that is in no call.
    mutating func take(from lane: inout PublishLane, of channel: ChannelName) {
        var part = Part(channel: channel)
        while let entry = lane.first, hasRoom(for: entry) {
            lane.removeFirst()
            part.entries.append(entry)
            count += 1
            bytes += entry.bytes
            isFull = entry.goesAlone
        }
        parts.append(part)
    }
}

/// One publication that waits for its answer.
struct PublishEntry: Sendable {
    let publication: Publication
    let request: PublishRequest
    /// Its place in the request.
    let index: Int
    /// When it came.
    let since: ContinuousClock.Instant
    /// The server took back a call with it and others of its channel: one of them may have spoilt it for the others.
    var goesAlone = false

    var bytes: Int { publication.data.utf8.count }
}

/// What became of a call.
enum PublishOutcome: Sendable {
    /// One answer for each publication, in order.
    case answered([AppendAnswer])
    /// Nothing of it was published, or nobody knows; no other call would fare better.
    case failed(BrokerError)
    /// The server took all of it back, because of something that may be one channel's own.
    case rolledBack(BrokerError)
}

/// What became of one publication of a call.
enum AppendAnswer: Hashable, Sendable {
    case settled(Result<Receipt, BrokerError>)
    /// Another transaction holds its channel: nothing was done.
    case busy
}
