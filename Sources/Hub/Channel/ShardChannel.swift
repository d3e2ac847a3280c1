import BrokerCore
import Glibc

/// A channel as one shard sees it: what is known of its log, and the shard's subscriptions to it.
final class ShardChannel {
    enum Attachment {
        /// The broker has not said yet that announcements will come.
        case pending
        case attached
        /// Announcements may be missing until continuity is restored.
        case interrupted
    }

    let name: ChannelName
    unowned let shard: ShardLoop
    var view = ChannelView()
    var attachment = Attachment.pending
    /// The live ones first, so that a delivery goes through them and through nothing else.
    private(set) var subscriptions: [Subscription] = []
    /// The slots of their sessions, in the same order.
    private var slots: [UInt32] = []
    private var liveCount = 0
    var queries = QueryDesk()
    private var arrived: [Announcement] = []
    private var runs = RunCache()
    /// When something last happened, in seconds of the shard's clock.
    private(set) var lastUse: UInt32

    init(name: ChannelName, shard: ShardLoop) {
        self.name = name
        self.shard = shard
        lastUse = shard.now
    }

    // MARK: Subscriptions

    func subscribe(_ session: Session, from start: Start) {
        let subscription = Subscription(session: session, channel: self, start: start)
        subscription.index = subscriptions.count
        subscriptions.append(subscription)
        slots.append(session.handle.slot)
        session.subscriptions.append(subscription)
        shard.stats.subscriptions += 1
        lastUse = shard.now
        advance(subscription)
    }

    /// The subscription has ended; its place is taken by another.
    func remove(_ subscription: Subscription) {
        if subscription.index < liveCount {
            liveCount -= 1
            swap(subscription.index, liveCount)
        }
        swap(subscription.index, subscriptions.count - 1)
        subscriptions.removeLast()
        slots.removeLast()
        shard.stats.subscriptions -= 1
        lastUse = shard.now
    }

    /// Carries out the subscription's next steps, until it has to wait for something.
    func advance(_ subscription: Subscription) {
        while true {
            switch subscription.state.step(view) {
            case .ask(let start):
                guard attachment == .attached, let answer = view.answer(to: start) else { return ask(subscription) }
                tell(subscription, subscription.state.answered(answer))
            case .feed(let position):
                let run = runs.run(of: view, after: position, form: subscription.session.transport.form)
                feed(subscription, run, to: view.tail ?? position)
            case .rest:
                if subscription.state.isLive { makeLive(subscription) }
                return
            case let step:
                tell(subscription, step)
            }
        }
    }

    private func ask(_ subscription: Subscription) {
        queries.waiting.append(subscription)
        shard.queryLater(self)
    }

    /// Says to the reader what a step has to say.
    private func tell(_ subscription: Subscription, _ step: SubscriptionState.Step) {
        let session = subscription.session
        switch step {
        case .open(let answer):
            if answer.gap != nil { shard.stats.gaps += 1 }
            session.transport.opened(Opening(channel: name, answer: answer), session)
            guard let gap = answer.gap, session.isOpen else { return }
            session.transport.gap(gap, on: name, session)
        case .gap(let gap):
            shard.stats.gaps += 1
            session.transport.gap(gap, on: name, session)
        case .end(let reason):
            remove(subscription)
            session.subscriptions.remove(subscription)
            session.transport.ended(name, reason, session)
        case .ask, .feed, .rest:
            break
        }
    }

    /// Hands over as much of a run as the reader has room for. Who has all of it stands at `end`.
    private func feed(_ subscription: Subscription, _ run: EncodedRun, to end: Position) {
        let session = subscription.session
        let all = run.indices(after: subscription.state.position.offset)
        let some = run.fitting(
            all, room: session.room, overhead: session.transport.overhead, atLeastOne: session.hasNothingWaiting)
        if some == all {
            subscription.state.fed(to: end, full: false)
        } else {
            subscription.state.fed(to: some.last.map(run.position) ?? subscription.state.position, full: true)
            session.isLagging = true
            shard.stats.lagged += 1
        }
        guard !some.isEmpty else { return }
        session.deliver(run, some, on: name)
        shard.stats.delivered += UInt64(some.count)
    }

    // MARK: What the broker says

    /// Keeps an announcement for the end of the turn, when all that has arrived is delivered together.
    func announce(_ announcement: Announcement) {
        if arrived.isEmpty { shard.deliverLater(self) }
        arrived.append(announcement)
    }

    /// Delivers what has arrived in this turn.
    func deliverArrived() {
        guard !arrived.isEmpty else { return }
        let batch = arrived
        arrived = []
        lastUse = shard.now
        queries.isDisturbed = true
        var messages: [Message] = []
        for announcement in batch {
            let tail = view.tail
            switch view.announce(announcement) {
            case .next:
                messages.append(announcement.message)
                guard announcement.closes else { continue }
                deliverLive(messages)
                messages = []
                endLive(.closed)
            case .known:
                continue
            case .broken:
                deliverLive(messages)
                messages = []
                fallBehind(tail)
            }
        }
        deliverLive(messages)
        advanceBehind()
    }

    /// One encoding a wire form, and one system call for many readers.
    private func deliverLive(_ messages: [Message]) {
        guard let first = messages.first, liveCount > 0 else { return }
        let before = Position(epoch: first.epoch, offset: first.offset - 1)
        var encoded = RunCache()
        var left = liveCount
        while left > 0 {
            // On a busy processor the publishers' own threads go on, and what they bring meanwhile joins the next turn.
            if left < liveCount { sched_yield() }
            let progress = shard.outlets.send(
                to: slots[..<left], room: shard.options.sessionBufferBytes, now: shard.now
            ) { encoded.run(of: messages, after: before, form: $0) }
            shard.stats.delivered += UInt64((left - progress.left - progress.unclear.count) * messages.count)
            shard.stats.bytes += UInt64(progress.bytes)
            left = progress.left
            finish(progress, messages, before, &encoded)
        }
    }

    /// Delivers to those whom messages could not be sent, or not whole.
    private func finish(
        _ progress: Outlets.Progress, _ messages: [Message], _ before: Position, _ encoded: inout RunCache
    ) {
        guard !progress.unclear.isEmpty || !progress.short.isEmpty else { return }
        // Their places change when one of them is let go.
        let unclear = progress.unclear.map { subscriptions[$0] }
        for (session, taken) in progress.short.map({ (subscriptions[$0.tag].session, $0.taken) }) {
            let run = encoded.run(of: messages, after: before, form: session.transport.form)
            session.deliverRest(of: run, after: taken)
        }
        for subscription in unclear {
            let form = subscription.session.transport.form
            deliver(encoded.run(of: messages, after: before, form: form), to: subscription)
        }
    }

    /// Delivers a run to a live reader before whom something stands.
    private func deliver(_ run: EncodedRun, to subscription: Subscription) {
        let session = subscription.session
        if run.bytes.count + session.transport.overhead * run.all.count <= session.room {
            session.deliver(run, run.all, on: name)
            shard.stats.delivered += UInt64(run.all.count)
        } else {
            subscription.state.fell(behind: run.after)
            makeNotLive(subscription)
        }
    }

    func endLive(_ reason: EndReason) {
        for subscription in subscriptions[..<liveCount] { tell(subscription, subscription.state.end(reason)) }
    }

    /// The channel is gone: whoever has begun to read it is told so.
    func deleted(_ epoch: Epoch) {
        deliverArrived()
        for subscription in subscriptions where stands(subscription, in: epoch) {
            tell(subscription, subscription.state.end(.deleted))
        }
        guard view.tail == nil || view.tail?.epoch == epoch else { return }
        forget()
    }

    private func stands(_ subscription: Subscription, in epoch: Epoch) -> Bool {
        let position = subscription.position
        return position.epoch == epoch || view.window?.place(of: position)?.epoch == epoch
    }

    /// Announcements may be missing from here on.
    func interrupt() {
        deliverArrived()
        if attachment == .attached { attachment = .interrupted }
        fallBehind(view.tail)
        forget()
    }

    /// Announcements come again. Some may have come in between, and some not.
    func restored() {
        guard attachment != .pending else { return }
        interrupt()
        resume()
    }

    /// The broker has attached the channel: announcements come, or will when continuity is restored.
    func attached() {
        // Not for the first time: it may have been detached in between.
        if attachment != .pending { interrupt() }
        attachment = .interrupted
        if !shard.continuity.isLost(on: name) { resume() }
    }

    private func resume() {
        attachment = .attached
        advanceBehind()
        shard.queryLater(self)
    }

    private func forget() {
        view.forget()
        runs = RunCache()
        queries.discard()
        shard.queryLater(self)
    }

    /// Those who were live up to `tail` have missed something.
    private func fallBehind(_ tail: Position?) {
        guard let tail else { return }
        for subscription in subscriptions[..<liveCount] { subscription.state.fell(behind: tail) }
        liveCount = 0
    }

    private func advanceBehind() {
        for subscription in subscriptions[liveCount...] { advance(subscription) }
    }

    // MARK: What recovery brings

    /// Serves those who asked before the query was begun, then those who have asked since.
    func recovered(_ recovery: Recovery, query: Start) {
        lastUse = shard.now
        let asked = queries.answered()
        let tail = view.tail
        if view.recovered(recovery, query: query, undisturbed: !queries.isDisturbed) { fallBehind(tail) }
        var page = RunCache()
        var missed: [Subscription] = []
        for subscription in asked {
            guard let start = subscription.state.asked else { continue }
            guard let answer = answer(to: start, recovery, query: query) else {
                missed.append(subscription)
                continue
            }
            tell(subscription, subscription.state.answered(answer))
            let isCovered = view.covers(answer.start, excused: answer.haveFrom)
            if !subscription.state.isEnded, !isCovered, answer.start.offset < recovery.end.offset {
                let form = subscription.session.transport.form
                feed(subscription, page.run(of: recovery.messages, after: recovery.start, form: form), to: recovery.end)
            }
            advance(subscription)
        }
        for subscription in queries.takeWaiting() {
            guard let start = subscription.state.asked else { continue }
            guard let answer = view.answer(to: start) else {
                queries.waiting.append(subscription)
                continue
            }
            tell(subscription, subscription.state.answered(answer))
            advance(subscription)
        }
        queries.missed(missed)
        advanceBehind()
        shard.queryLater(self)
    }

    /// What the recovery answers, unless the window misses less: it may hold what retention has removed from the log meanwhile.
    private func answer(to start: Start, _ recovery: Recovery, query: Start) -> Answer? {
        let answer = recovery.answer(to: start, query: query)
        if let answer, answer.gap?.reason != .trimmed { return answer }
        return view.answer(to: start) ?? answer
    }

    /// Nothing has happened for a while: lets go of what was kept to be quick.
    func rest() {
        guard view.isFresh else { return }
        view.rest()
        runs = RunCache()
    }

    // MARK: The order of subscriptions

    private func makeLive(_ subscription: Subscription) {
        guard subscription.index >= liveCount else { return }
        swap(subscription.index, liveCount)
        liveCount += 1
    }

    private func makeNotLive(_ subscription: Subscription) {
        liveCount -= 1
        swap(subscription.index, liveCount)
    }

    private func swap(_ left: Int, _ right: Int) {
        subscriptions.swapAt(left, right)
        slots.swapAt(left, right)
        subscriptions[left].index = left
        subscriptions[right].index = right
    }
}
