import BrokerCore
import BrokerSupport

/// Which publications go in which call: the publish queue without its lock and its clock.
///
/// A channel is in one call at a time, and a call carries what waits on many. One whose row another transaction holds
/// goes by itself from then on, over connections that wait for the row in turns: no other channel waits with it. So does one
/// of which the server took back a call, one publication at a time.
struct PublishLanes {
    /// How many calls are under way at a time, and how long a held channel is tried.
    struct Limits: Sendable {
        /// Calls that wait for no row, at most.
        var promptCalls: Int
        /// Calls that wait for a row, at most.
        var patientCalls: Int
        /// How long a publication waits for a channel that another transaction holds, before it is refused.
        var timeout: Duration
    }

    /// The longest that one call waits for a row.
    static let longestPatience = Duration.milliseconds(250)
    /// The shortest: so many held channels have had a turn each before the first waits too long.
    static let shortestPatience = Duration.milliseconds(10)

    private let limits: Limits
    private var lanes: [ChannelName: PublishLane] = [:]
    private var ready = FIFO<ChannelName>()
    private var busy = FIFO<ChannelName>()
    /// Publications of the channels that are ready.
    private var readyCount = 0
    private var pace = PublishPace()
    private var patientCalls = 0

    init(limits: Limits) { self.limits = limits }

    mutating func append(_ entry: PublishEntry) {
        let channel = entry.publication.channel
        lanes[channel, default: PublishLane()].append(entry)
        switch lanes[channel]?.phase {
        case .atRest: enter(.ready, channel)
        case .ready: readyCount += 1
        case .underWay, .busy, nil: break
        }
    }

    /// The next call that may go now.
    mutating func next(now: ContinuousClock.Instant) -> PublishCall? {
        if mayGo, nextTime.map({ $0 <= now }) ?? true { return promptCall(now) }
        if patientCalls < limits.patientCalls, let channel = busy.popFirst() { return patientCall(channel, now) }
        return nil
    }

    /// When to ask for the next call again, though nothing has happened; `nil`: there is no need.
    var nextTime: ContinuousClock.Instant? { mayGo ? pace.time(waiting: readyCount) : nil }

    private var mayGo: Bool { pace.underWay < limits.promptCalls && !ready.isEmpty }

    /// A call was answered. Returns what each publication is told whose wait is over.
    mutating func answered(
        _ call: PublishCall, _ outcome: PublishOutcome, now: ContinuousClock.Instant
    ) -> [(PublishEntry, Result<Receipt, BrokerError>)] {
        defer { end(call, now: now) }
        let goAlone = outcome.isSuspect(call)
        var settled: [(PublishEntry, Result<Receipt, BrokerError>)] = []
        settled.reserveCapacity(call.count)
        var answers = outcome.answers(to: call)[...]
        for part in call.parts {
            var held: [PublishEntry] = []
            for (entry, answer) in zip(part.entries, answers) {
                switch answer {
                case .settled(let result): settled.append((entry, result))
                case .busy: held.append(entry)
                }
            }
            if goAlone { for index in held.indices { held[index].goesAlone = true } }
            answers = answers.dropFirst(part.entries.count)
            settled += goOn(part.channel, held, now: now)
        }
        return settled
    }

    // MARK: Calls

    private mutating func promptCall(_ now: ContinuousClock.Instant) -> PublishCall {
        var call = PublishCall(patience: .zero, start: now)
        while let channel = ready.first, let first = lanes[channel]?.first, call.hasRoom(for: first) {
            _ = ready.popFirst()
            readyCount -= lanes[channel]?.count ?? 0
            fill(&call, from: channel)
        }
        pace.sent(now: now)
        return call
    }

    private mutating func patientCall(_ channel: ChannelName, _ now: ContinuousClock.Instant) -> PublishCall {
        let turns = max(busy.count / limits.patientCalls, 1)
        let patience = max(Self.longestPatience / turns, Self.shortestPatience)
        var call = PublishCall(patience: patience, start: now)
        fill(&call, from: channel)
        patientCalls += 1
        return call
    }

    private mutating func fill(_ call: inout PublishCall, from channel: ChannelName) {
        call.take(from: &lanes[channel, default: PublishLane()], of: channel)
        lanes[channel]?.phase = .underWay
    }

    // MARK: What comes after a call

    private mutating func end(_ call: PublishCall, now: ContinuousClock.Instant) {
        if call.isPatient {
            patientCalls -= 1
        } else {
            pace.answered(call.count, since: call.start, waiting: readyCount, now: now)
        }
    }

    /// The channel has been in a call, which did not publish what is `held`. Returns what has waited too long.
    private mutating func goOn(
        _ channel: ChannelName, _ held: [PublishEntry], now: ContinuousClock.Instant
    ) -> [(PublishEntry, Result<Receipt, BrokerError>)] {
        guard var lane = lanes[channel] else { return [] }
        var overdue: [PublishEntry] = []
        if !held.isEmpty {
            lane.putBack(held)
            overdue = lane.takeOverdue(now - limits.timeout)
        }
        lanes[channel] = lane
        let goesByItself = !held.isEmpty || lane.first?.goesAlone == true
        enter(lane.isEmpty ? .atRest : goesByItself ? .busy : .ready, channel)
        return overdue.map { ($0, .failure(.lockedByAnother)) }
    }

    private mutating func enter(_ phase: PublishLane.Phase, _ channel: ChannelName) {
        lanes[channel]?.phase = phase
        switch phase {
        case .atRest: lanes[channel] = nil
        case .ready:
            ready.append(channel)
            readyCount += lanes[channel]?.count ?? 0
        case .busy: busy.append(channel)
        case .underWay: break
        }
    }
}

extension PublishOutcome {
    /// What each publication of the call is told. Where one channel may have spoilt it for all, each channel goes again
    /// by itself, and where it was one publication of a channel, each of these.
    fileprivate func answers(to call: PublishCall) -> [AppendAnswer] {
        switch self {
        case .answered(let answers): answers
        case .rolledBack where call.count > 1: Array(repeating: .busy, count: call.count)
        case .failed(let error), .rolledBack(let error):
            Array(repeating: .settled(.failure(error)), count: call.count)
        }
    }

    /// Whether one publication of the call's only channel may have spoilt it for the others.
    fileprivate func isSuspect(_ call: PublishCall) -> Bool {
        if case .rolledBack = self { call.parts.count == 1 && call.count > 1 } else { false }
    }
}

extension BrokerError {
    /// The channel's row stayed locked.
    static let lockedByAnother = BrokerError.unavailable(reason: "the channel is locked by another transaction")
}
