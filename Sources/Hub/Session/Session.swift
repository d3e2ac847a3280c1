package import BrokerCore

/// One reader's connection: its sink, its subscriptions, and what waits to be written. It lives on its shard's thread.
package final class Session {
    private enum Phase {
        case open
        /// Nothing more is accepted; what waits is written, then the sink is finished.
        case finishing
        /// All is written; the peer may take its time to close, up to ``HubOptions/linger`` seconds.
        case lingering
        case closed
    }

    /// A reader that was full is fed again when no more than one in so many bytes of its bound still waits.
    private static let refillShare = 4

    package let handle: SessionHandle
    package let transport: any Transport
    unowned let shard: ShardLoop
    /// Kept until the session is closed.
    private var holds: [any AnyObject & Sendable]
    /// `nil` once the session is closed.
    package private(set) var sink: (any Sink)?
    /// How everything that is sent from now on is coded; `nil`: as it is.
    package private(set) var coding: (any StreamCoding)?
    private var queue = SegmentQueue()
    private var phase = Phase.open
    /// The sink takes no more until it says so.
    private var isBlocked = false
    /// What was handed over in this turn is written at its end.
    private var isScheduled = false
    package private(set) var isReading = true
    /// When the sink was last given something, and when the reader last sent something, in seconds of the shard's clock.
    package private(set) var lastWrite: UInt32 {
        get { outlet.lastWrite }
        set { outlet.lastWrite = newValue }
    }
    package private(set) var lastRead: UInt32
    private var deadline = UInt32.max
    /// When the shard looks after the session next; ``ShardLoop`` keeps it.
    var due = UInt32.max
    /// A subscription was not given all there was, for want of room.
    var isLagging = false {
        didSet { if isLagging != oldValue { shard.stats.lagging += isLagging ? 1 : -1 } }
    }
    var subscriptions = SubscriptionList()

    init(handle: SessionHandle, transport: any Transport, holds: [any AnyObject & Sendable] = [], shard: ShardLoop) {
        self.handle = handle
        self.holds = holds
        self.transport = transport
        self.shard = shard
        lastRead = shard.now
        shard.outlets.begin(handle.slot, form: transport.form, now: shard.now)
    }

    /// Gives the session its sink, once, before anything else happens to it.
    func begin(_ sink: any Sink) {
        self.sink = sink
        if let socket = sink as? SocketSink { outlet.descriptor = socket.descriptor }
        transport.begin(self)
    }

    /// What a delivery touches, which lies with that of all other sessions.
    private var outlet: Outlet {
        get { shard.outlets[handle.slot] }
        _modify { yield &shard.outlets[handle.slot] }
    }

    package var isOpen: Bool { phase == .open }

    // MARK: What transports do

    /// Writes bytes of this reader's own, in order with everything else. They are not held to the bound: see ``isCongested``.
    package func send(_ bytes: SharedBytes) {
        guard phase == .open else { return }
        append(bytes)
        schedule()
    }

    /// Codes everything that is sent from now on, the end of the stream included.
    package func begin(_ coding: any StreamCoding) {
        guard phase == .open else { return }
        queue.append(Segment(coding.begin()))
        self.coding = coding
        outlet.isClear = false
        schedule()
    }

    /// More waits for this reader than its bound allows: it should not be given work that makes more.
    package var isCongested: Bool { queue.footprint >= shard.options.sessionBufferBytes }

    /// Subscribes to a channel. `false`: the session is subscribed to it already.
    package func subscribe(_ channel: ChannelName, from start: Start) -> Bool {
        guard phase == .open, subscriptions[channel] == nil else { return false }
        shard.channel(channel).subscribe(self, from: start)
        return true
    }

    package func isSubscribed(to channel: ChannelName) -> Bool { subscriptions[channel] != nil }

    /// Ends a subscription without a word. `false`: there was none.
    package func unsubscribe(_ channel: ChannelName) -> Bool {
        guard let subscription = subscriptions[channel] else { return false }
        subscription.cancel()
        return true
    }

    package var channelCount: Int { subscriptions.count }

    /// Writes what waits, then closes. Nothing more is accepted. A reader that takes nothing of it for the write timeout is let go.
    package func finish() {
        guard phase == .open else { return }
        if let coding { queue.append(Segment(coding.end())) }
        phase = .finishing
        outlet.isClear = false
        subscriptions.cancelAll()
        deadline = shard.now + shard.options.writeTimeoutMilliseconds / 1_000
        shard.watch(self, at: deadline)
        schedule()
    }

    /// Closes at once.
    package func close() {
        guard phase != .closed else { return }
        phase = .closed
        outlet = Outlet()
        subscriptions.cancelAll()
        isLagging = false
        queue.removeAll()
        sink?.close()
        sink = nil
        holds = []
        shard.remove(self)
    }

    /// Stops or resumes taking input.
    package func setReading(_ wanted: Bool) {
        guard wanted != isReading else { return }
        isReading = wanted
        sink?.setReading(wanted)
        if wanted { shard.readAgain(self) }
    }

    /// Runs `work` elsewhere, and `then` with its result back here, if the session is still there.
    package func perform<Result: Sendable>(
        _ work: @escaping @Sendable () async -> Result, then: @escaping @Sendable (Result, Session) -> Void
    ) {
        let handle = handle
        Task {
            let result = await work()
            handle.perform { then(result, $0) }
        }
    }

    // MARK: What a delivery is made of

    /// Adds bytes of this reader's own to what waits. Written with the rest of the delivery: for ``Transport/compose(_:_:on:_:)``.
    package func append(_ own: SharedBytes) {
        outlet.isClear = false
        queue.append(coding?.encode(own) ?? Segment(own))
    }

    /// Adds messages that other readers get too.
    package func append(_ run: EncodedRun, _ indices: Range<Int>) {
        outlet.isClear = false
        guard let coding else { return queue.append(run.segment(indices)) }
        for segment in coding.encode(run, indices) { queue.append(segment) }
    }

    // MARK: What the shard and the sink do

    /// Bytes that may still be handed over before the bound is reached.
    var room: Int { shard.options.sessionBufferBytes - queue.bytes }

    /// The second that it is, by the clock of the shard.
    package var now: UInt32 { shard.now }

    /// Has the transport called in that second, if not before.
    package func wake(at second: UInt32) { shard.watch(self, at: second) }

    /// The reader has been given all that there was for it.
    package var hasNothingWaiting: Bool { queue.isEmpty }

    /// Hands over messages of a run. They are written at the end of the turn; at once when nothing else can come in this turn.
    func deliver(_ run: EncodedRun, _ indices: Range<Int>, on channel: ChannelName) {
        if !transport.composes || !transport.compose(run, indices, on: channel, self) { append(run, indices) }
        if isBlocked { return }
        if subscriptions.count == 1 { flush() } else { schedule() }
    }

    /// Keeps what the socket did not take of a run that was sent past the queue, and counted.
    func deliverRest(of run: EncodedRun, after taken: Int) {
        outlet.isClear = false
        queue.append(run.segment(run.all).dropping(taken))
        shard.stats.bytes -= UInt64(run.bytes.count - taken)
        flush()
    }

    /// Writes what waits, as far as the sink takes it.
    func flush() {
        isScheduled = false
        guard !isBlocked, phase != .closed, let sink else { return }
        while !queue.isEmpty, !isBlocked {
            guard let taken = sink.write(queue) else { return close() }
            isBlocked = taken == 0
            if taken > 0 { lastWrite = shard.now }
            queue.removeFirst(bytes: taken)
            if sink.isMetered { shard.stats.bytes += UInt64(taken) }
        }
        if queue.isEmpty, phase == .finishing, sink.underWay == 0 { linger() }
        outlet.isClear = isClear
        if isLagging, queue.bytes <= shard.options.sessionBufferBytes / Self.refillShare {
            isLagging = false
            shard.feedLater(self)
        }
        if !isReading, phase == .open { transport.drained(self) }
    }

    /// What is delivered next may go to the socket past the queue. Of several subscriptions it goes together, at the end of the turn.
    private var isClear: Bool {
        outlet.descriptor >= 0 && phase == .open && queue.isEmpty && coding == nil && subscriptions.count == 1
            && !transport.composes
    }

    /// Feeds the subscriptions that lagged. In a turn of its own, so that a long log leaves room for other readers.
    func feed() {
        if phase == .open { subscriptions.drained() }
    }

    /// Something has left: the sink can take more.
    package func sinkIsReady() {
        if phase == .finishing {
            deadline = now + shard.options.writeTimeoutMilliseconds / 1_000
        } else if !isBlocked {
            return
        }
        isBlocked = false
        flush()
    }

    package func receive(_ bytes: UnsafeMutableRawBufferPointer) {
        lastRead = shard.now
        if sink?.isMetered ?? false { shard.stats.received += UInt64(bytes.count) }
        if phase == .open { transport.receive(bytes, self) }
    }

    /// Looks after the session's timers, and says when to look again.
    func tick(_ now: UInt32) -> UInt32 {
        if now >= deadline || (sink?.unacknowledgedMilliseconds ?? 0) >= shard.options.writeTimeoutMilliseconds {
            if !queue.isEmpty { shard.stats.dropped += 1 }
            close()
            return now
        }
        guard phase == .open else { return min(deadline, now + 1) }
        return max(transport.tick(now, self), now + 1)
    }

    func shutdown() {
        if phase == .open { transport.shutdown(self) }
    }

    private func linger() {
        phase = .lingering
        deadline = min(deadline, shard.now + shard.options.linger)
        sink?.finish()
        shard.watch(self, at: deadline)
    }

    private func schedule() {
        guard !isScheduled, !isBlocked else { return }
        isScheduled = true
        shard.flushLater(self)
    }
}
