import BrokerCore

@testable import Hub

/// One channel of a shard between a broker and its readers, where everything that takes time happens when a test says so.
final class Interleaving {
    /// What may happen next.
    enum Action: String, CaseIterable, CustomStringConvertible {
        case log, conflate, retain, close, delete, expire
        /// An event of the broker reaches the shard; all of them do.
        case hear, hearAll
        /// The broker reads for the query that is under way; its answer arrives; it fails.
        case read, answer, fail
        case attach, lose, restore
        /// The broker attaches; that word reaches the shard.
        case attachUnheard, hearAttached
        /// The channel's node is lost; another's is lost and comes back.
        case loseNode, loseOthers
        /// The primary is replaced, with all messages or without the last; or in a moment that no one notices.
        case failOver, failOverLosing, renew
        case openEarliest, openLatest, openLast, openAfter, openOrigin, openElsewhere
        case block, trickle, drain
        case cancel, rest

        var description: String { rawValue }
    }

    private static let other = ChannelName.named("other")
    private static let shard: Shard? = try? Shard(options: HubOptions(), services: .idle)
    /// Rounds after which everything must have settled.
    private static let patience = 300

    private(set) var truth: Truth
    private(set) var readers: [Reader] = []
    private let loop: ShardLoop
    private let channel: ShardChannel
    private let limit: RecoveryLimit
    private var events: [BrokerEvent] = []
    private var query: (start: Start, generation: UInt64, recovery: Recovery?)?
    /// The broker announces the channel.
    private var isAnnounced = false
    /// What continuity is lost of, if it is.
    private var lost: BrokerEvent.Extent?
    /// While continuity is lost, every other event is missing.
    private var isDeaf = false
    private var failures: [String] = []

    /// - Parameters:
    ///   - room: what may wait for a reader, in bytes.
    ///   - page: messages that one recovery brings.
    init(keeping: Int = 3, room: Int = 24, page: Int = 2) throws {
        truth = Truth(keeping: keeping)
        limit = RecoveryLimit(messages: page, bytes: .max)
        guard let shard = Self.shard else { throw ShardError(call: "shard", errno: 0) }
        loop = ShardLoop(
            shard: shard, epoll: try Epoll(), broadcast: Broadcast(usesRing: false),
            options: HubOptions(sessionBufferBytes: room), services: .idle)
        channel = loop.channel(Truth.name)
    }

    deinit {
        // Sessions, subscriptions and channels know each other.
        for reader in readers { reader.session.close() }
    }

    /// What was wrong, if anything was.
    var violations: [String] { failures + readers.flatMap(\.violations) }

    func perform(_ action: Action) {
        switch action {
        case .log: publish(.logged)
        case .conflate: publish(.conflated(.named("p")))
        case .retain: publish(.loggedAndRetained(.named("s")))
        case .close: publish(.logged, closes: true)
        case .delete: announce(truth.end(announced: true))
        case .expire: expire()
        case .hear: hear(1)
        case .hearAll: hear(events.count)
        case .read: read()
        case .answer: answer()
        case .fail: fail()
        case .attach:
            attach()
            hearAttached()
        case .attachUnheard: attach()
        case .hearAttached: hearAttached()
        case .lose: lose(.everything)
        case .loseNode: lose(.channels([Truth.name]))
        case .loseOthers:
            events += [.continuityLost(.channels([Self.other])), .continuityRestored(.channels([Self.other]))]
        case .failOver: failOver(losing: 0)
        case .failOverLosing: failOver(losing: 2)
        case .renew: truth.replace(losing: 0)
        case .restore: restore()
        case .openEarliest, .openLatest, .openLast, .openAfter, .openOrigin, .openElsewhere: open(action)
        case .block: for reader in readers { reader.sink.allowance = 0 }
        case .trickle: for reader in readers { reader.take(7) }
        case .drain: for reader in readers { reader.take(.max) }
        case .cancel: readers.first { !$0.isCancelled }?.cancel()
        case .rest: channel.rest()
        }
        endTurn()
    }

    private func publish(_ keeping: Keeping, closes: Bool = false) {
        announce(truth.publish(keeping, closes: closes))
    }

    /// Long after the last message, so that nothing of it is still under way.
    private func expire() {
        hear(events.count)
        read()
        answer()
        endTurn()
        announce(truth.end(announced: false))
    }

    private func announce(_ event: BrokerEvent?) {
        guard let event, isAnnounced else { return }
        if lost != nil { isDeaf.toggle() }
        if lost == nil || !isDeaf { events.append(event) }
    }

    private func hear(_ count: Int) {
        for event in events.prefix(count) { loop.handle(event) }
        events.removeFirst(min(count, events.count))
    }

    private func read() {
        guard let start = query?.start else { return }
        query?.recovery = truth.recover(start, limit: limit)
    }

    private func answer() {
        guard let (start, generation, recovery) = query, let recovery else { return }
        query = nil
        loop.recovered(Truth.name, start, generation, .success(recovery))
    }

    private func fail() {
        guard let generation = query?.generation else { return }
        query = nil
        loop.recovered(Truth.name, .earliest, generation, .failure(.unavailable(reason: "away")))
    }

    /// While a node is down its channels are attached at once, and said to be lost.
    private func attach() {
        guard !isAnnounced else { return }
        isAnnounced = true
        if lost != nil { events.append(.continuityLost(.channels([Truth.name]))) }
    }

    private func hearAttached() {
        if isAnnounced, channel.attachment == .pending { channel.attached() }
    }

    /// Of a node, only the channels that are attached are named.
    private func lose(_ extent: BrokerEvent.Extent) {
        guard lost == nil else { return }
        lost = extent
        if isAnnounced || extent == .everything { events.append(.continuityLost(extent)) }
    }

    private func restore() {
        guard let extent = lost else { return }
        lost = nil
        if isAnnounced || extent == .everything { events.append(.continuityRestored(extent)) }
    }

    private func failOver(losing messages: Int) {
        truth.replace(losing: messages)
        lose(.channels([Truth.name]))
    }

    private func open(_ action: Action) {
        let epoch = truth.end.epoch
        let start: Start =
            switch action {
            case .openLatest: .latest
            case .openLast: .last(2)
            case .openAfter: .after(Position(epoch: epoch, offset: min(1, truth.end.offset)))
            case .openOrigin: .after(.origin)
            case .openElsewhere: .after(Position(epoch: epoch, offset: (truth.end.offset) + 7))
            default: .earliest
            }
        if case .after(let position) = start, position.epoch == .none, position != .origin { return }
        readers.append(Reader(start: start, shard: loop, number: readers.count))
    }

    /// What a shard does at the end of a turn.
    private func endTurn() {
        channel.deliverArrived()
        if channel.attachment == .attached, let start = channel.queries.begin() {
            query = (start, channel.queries.current, nil)
        }
        for reader in readers {
            reader.session.flush()
            reader.look(truth)
        }
    }

    /// Everything that is under way arrives, and every reader takes what it is given: then all must be where they belong.
    func settle() {
        perform(.attach)
        perform(.restore)
        var rounds = 0
        repeat {
            for action in [Action.hearAll, .drain, .read, .answer] { perform(action) }
            rounds += 1
        } while rounds < Self.patience && !isSettled
        if !isSettled { failures.append("no progress: \(query.map { "\($0.start)" } ?? "no query")") }
        for reader in readers { reader.settle(truth) }
    }

    private var isSettled: Bool {
        events.isEmpty && query == nil && channel.queries.waiting.isEmpty
            && channel.subscriptions.allSatisfy { $0.state.isLive }
    }
}

extension ShardServices {
    /// Nobody attaches, nobody recovers: what comes is the test's.
    static var idle: ShardServices {
        ShardServices(sessions: SessionCount(), want: { _, _, _ in }, recover: { _, _, _, _ in })
    }
}
