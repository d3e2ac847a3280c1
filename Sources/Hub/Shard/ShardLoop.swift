import BrokerCore
import CEpoll
import Glibc

/// The shard's own side: its readers, its channels, and the turn that serves them. It never leaves its thread.
///
/// A turn takes what has arrived, works it through, and writes to each reader what has gathered for it, with one system call.
package final class ShardLoop {
    /// What one read brings, at most, in bytes. All sessions of the shard read into one buffer.
    private static let scratchBytes = 64 << 10
    /// The most reads from one session in a turn.
    private static let readsPerTurn = 8
    /// The tag of the mailbox in epoll; no session has it.
    private static let mailboxTag = UInt64.max

    let shard: Shard
    private(set) var options: HubOptions
    private let services: ShardServices
    private let epoll: Epoll
    private let clock = Monotonic()
    private var sessions: SessionTable
    var outlets: Outlets
    private var channels: [ChannelName: ShardChannel] = [:]
    private(set) var wheel: TimerWheel
    /// On which channels announcements may be missing. It is known of those too that nobody here reads yet: the word
    /// that a channel is attached may come before or after what the events say of it.
    private(set) var continuity = Continuity()
    private var stopping = false
    private var drain: Drain?
    /// Seconds since the shard's start.
    package private(set) var now: UInt32 = 0
    package var stats = HubStats()

    // What this turn has still to do.
    private var arrivals: [ShardChannel] = []
    private var unwritten: [Session] = []
    private var hungry: [Session] = []
    private var unread: [Session] = []
    private var asking: [ShardChannel] = []
    private var pauses: [(until: Int64, channel: ShardChannel)] = []

    private let ready = UnsafeMutablePointer<cepoll_ready>.allocate(capacity: Int(CEPOLL_BATCH))
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: scratchBytes, alignment: 16)

    init(shard: Shard, epoll: Epoll, broadcast: Broadcast, options: HubOptions, services: ShardServices) {
        self.shard = shard
        self.epoll = epoll
        self.options = options
        self.services = services
        outlets = Outlets(broadcast)
        sessions = SessionTable(total: services.sessions)
        wheel = TimerWheel(now: 0)
    }

    deinit {
        ready.deallocate()
        scratch.deallocate()
        epoll.close()
    }

    func run() {
        cepoll_name_thread("shard")
        guard epoll.addMailbox(shard.mailbox.descriptor, tag: Self.mailboxTag) else { return }
        while !stopping { turn() }
        for session in sessions.all { session.close() }
        for letter in shard.mailbox.close() { letter.refuse() }
    }

    private func turn() {
        let count = epoll.wait(milliseconds: timeout, into: ready)
        let second = clock.seconds
        let isNewSecond = second != now
        now = second
        for index in 0..<count where ready[index].tag == Self.mailboxTag { readLetters() }
        for index in 0..<count where ready[index].tag != Self.mailboxTag { serve(ready[index]) }
        workThrough()
        if isNewSecond { tick() }
        shutDownDue()
        workThrough()
    }

    /// How long to wait for something to happen, in milliseconds.
    private var timeout: Int32 {
        guard hungry.isEmpty, unread.isEmpty, arrivals.isEmpty, asking.isEmpty, unwritten.isEmpty else { return 0 }
        let pause = pauses.map(\.until).min().map { max(0, $0 - clock.milliseconds) } ?? 1_000
        return Int32(min(pause, drain?.isOver ?? true ? 1_000 : Drain.step))
    }

    private func serve(_ event: cepoll_ready) {
        guard let session = sessions[event.tag] else { return }
        if event.failed { return session.close() }
        if event.writable { session.sinkIsReady() }
        if event.readable { read(session) }
    }

    /// Reads until nothing is there, or the session wants no more, or others have waited for long enough.
    private func read(_ session: Session) {
        for _ in 0..<Self.readsPerTurn {
            guard session.isReading, let socket = session.sink as? SocketSink else { return }
            guard let count = socket.read(into: scratch) else { return session.close() }
            if count == 0 { return }
            session.receive(UnsafeMutableRawBufferPointer(rebasing: scratch[..<count]))
        }
        unread.append(session)
    }

    /// Works off what the turn has gathered, in the order in which one leads to the next.
    private func workThrough() {
        for session in take(&hungry) { session.feed() }
        for session in take(&unread) { read(session) }
        resumeQueries()
        for channel in take(&arrivals) { channel.deliverArrived() }
        for channel in take(&asking) { query(channel) }
        for session in take(&unwritten) { session.flush() }
    }

    private func take<Element>(_ list: inout [Element]) -> [Element] {
        guard !list.isEmpty else { return [] }
        defer { list = [] }
        return list
    }

    // MARK: Letters

    private func readLetters() {
        for letter in shard.mailbox.take() {
            switch letter {
            case .open(let seed): open(seed)
            case .events(let batch): for event in batch.take() { handle(event) }
            case .attached(let names): for name in names { channels[name]?.attached() }
            case .recovered(let name, let query, let generation, let result):
                recovered(name, query, generation, result)
            case .session(let handle, let work): if let session = sessions[handle.tag] { work(session) }
            case .work(let work): work.run(self)
            case .drain(let milliseconds): beginDrain(milliseconds)
            case .options(let new): options = new
            case .stop: stopping = true
            }
        }
    }

    private func open(_ seed: SessionSeed) {
        let handle = sessions.reserve(shard)
        let session = Session(handle: handle, transport: seed.transport(), holds: seed.holds, shard: self)
        sessions.insert(session)
        switch seed.connection {
        case .socket(let descriptor):
            let sink = SocketSink(descriptor: descriptor)
            guard epoll.add(descriptor, tag: handle.tag) else {
                sink.close()
                return sessions.remove(handle)
            }
            session.begin(sink)
        case .sink(let make):
            session.begin(make(handle))
        }
        watch(session, at: now + 1)
        var received = seed.received
        if !received.isEmpty { received.withUnsafeMutableBytes { session.receive($0) } }
        if drain != nil { session.shutdown() }
    }

    func handle(_ event: BrokerEvent) {
        continuity.note(event)
        switch event {
        case .published(let announcement): channels[announcement.message.channel]?.announce(announcement)
        case .deleted(let name, let epoch): channels[name]?.deleted(epoch)
        case .continuityLost(let extent): for channel in channels(in: extent) { channel.interrupt() }
        case .continuityRestored(let extent): for channel in channels(in: extent) { channel.restored() }
        }
    }

    private func channels(in extent: BrokerEvent.Extent) -> [ShardChannel] {
        switch extent {
        case .everything: Array(channels.values)
        case .channels(let names): names.compactMap { channels[$0] }
        }
    }

    func recovered(
        _ name: ChannelName, _ query: Start, _ generation: UInt64, _ result: Result<Recovery, BrokerError>
    ) {
        guard let channel = channels[name], channel.queries.current == generation else { return }
        channel.deliverArrived()
        switch result {
        case .success(let recovery): channel.recovered(recovery, query: query)
        case .failure: pauses.append((clock.milliseconds + channel.queries.failed(), channel))
        }
    }

    // MARK: Queries

    private func query(_ channel: ShardChannel) {
        guard channel.attachment == .attached, let start = channel.queries.begin() else { return }
        stats.queries += 1
        services.recover(channel.name, start, channel.queries.current, shard)
    }

    private func resumeQueries() {
        guard !pauses.isEmpty else { return }
        let time = clock.milliseconds
        for pause in pauses where pause.until <= time { asking.append(pause.channel) }
        pauses.removeAll { $0.until <= time }
    }

    // MARK: What sessions and channels put off to the end of the turn

    func flushLater(_ session: Session) { unwritten.append(session) }
    func feedLater(_ session: Session) { hungry.append(session) }
    func readAgain(_ session: Session) { unread.append(session) }
    func deliverLater(_ channel: ShardChannel) { arrivals.append(channel) }
    func queryLater(_ channel: ShardChannel) {
        if !channel.queries.waiting.isEmpty { asking.append(channel) }
    }

    // MARK: Sessions and channels

    func remove(_ session: Session) {
        sessions.remove(session.handle)
    }

    func watch(_ session: Session, at second: UInt32) {
        guard second < session.due else { return }
        session.due = wheel.add(session.handle.tag, at: second)
    }

    func channel(_ name: ChannelName) -> ShardChannel {
        if let channel = channels[name] { return channel }
        let channel = ShardChannel(name: name, shard: self)
        channels[name] = channel
        services.want(name, true, shard)
        return channel
    }

    /// Readers of each of these channels.
    func readers(of names: [ChannelName]) -> [Int] {
        names.map { channels[$0]?.subscriptions.count ?? 0 }
    }

    func currentStats() -> HubStats {
        var stats = stats
        stats.kinds = sessions.kinds
        stats.channels = channels.count
        return stats
    }

    // MARK: Time

    private func tick() {
        for tag in wheel.take(until: now) {
            guard let session = sessions[tag], session.due <= now else { continue }
            session.due = .max
            let next = session.tick(now)
            if sessions[tag] != nil { watch(session, at: next) }
        }
        for channel in channels.values where now - channel.lastUse >= options.channelRest { rest(channel) }
    }

    private func beginDrain(_ milliseconds: Int64) {
        guard drain == nil else { return }
        drain = Drain(tags: sessions.all.map(\.handle.tag), begin: clock.milliseconds, duration: milliseconds)
    }

    private func shutDownDue() {
        guard let due = drain?.due(now: clock.milliseconds) else { return }
        for tag in due { sessions[tag]?.shutdown() }
    }

    private func rest(_ channel: ShardChannel) {
        guard channel.subscriptions.isEmpty, !channel.queries.isUnderWay else { return channel.rest() }
        channels[channel.name] = nil
        services.want(channel.name, false, shard)
    }
}
