import BrokerCore
import BrokerSupport
import Logging
import NIOCore

/// The connection over which announcements come, kept up. After each loss everything that is wanted is subscribed again
/// before continuity is said to be restored.
///
/// A canary, a message through pub/sub and back, shows every few seconds that announcements do arrive; if it does not
/// come back the connection is dropped, and all is subscribed anew.
final class SubscriberLink: Sendable {
    /// Which of the server's two kinds of pub/sub carries announcements.
    enum Mode: Sendable {
        case plain
        /// A cluster's: each channel on the node that has its slot. Continuity is told of this link's channels, by
        /// name.
        case sharded
    }

    /// Takes events in order, all that came at once in one call. Called under the link's lock: it must be quick, and
    /// not call back.
    typealias Sink = @Sendable ([BrokerEvent]) -> Void
    /// Sends the canary's PUBLISH to the primary.
    typealias Publish = @Sendable (Command) async -> Result<Reply, RedisError>
    /// Takes channels that are not this server's any more, with the server's words (`MOVED …`). Their loss has been
    /// told.
    typealias HandBack = @Sendable (_ channels: [ChannelName], _ words: String) -> Void

    struct State {
        var table: SubscriptionTable
        /// Counts connections, tried ones included: what an older one still says is not heard.
        var generation = 0
        var connection: RedisConnection?
        /// Succeeds when a new connection's first commands are answered.
        var greeting: EventLoopPromise<Void>?
        /// Why there is no connection.
        var reason = RedisError.unreachable(reason: "Redis is not connected yet")
        var outbox: [SubscriptionCommand] = []
        var isFlushing = false
        var waiters: [SubscriptionTable.Waiter: CheckedContinuation<Void, Never>] = [:]
        var lastWaiter = 0
        /// The last that was sent on this connection.
        var canary: Canary?
    }

    let state: Locked<State>
    let locator: any PrimaryLocator
    let options: RedisOptions
    let library: Library
    let mode: Mode
    let group: any EventLoopGroup
    let logger: Logger
    let publish: Publish
    /// The canary's own pub/sub channel, of this link alone.
    let canaryChannel: String
    let trips = SharedWork<Result<Void, RedisError>>()
    private let sink: Sink
    private let handBack: HandBack
    private let foreign: ForeignLog

    init(
        locator: any PrimaryLocator, options: RedisOptions, library: Library, mode: Mode, group: any EventLoopGroup,
        logger: Logger, publish: @escaping Publish, events: @escaping Sink, handBack: @escaping HandBack = { _, _ in }
    ) {
        state = Locked(State(table: SubscriptionTable(scope: mode == .plain ? .everything : .channels)))
        (self.locator, self.options, self.library, self.mode) = (locator, options, library, mode)
        (self.group, self.logger, self.publish) = (group, logger, publish)
        (sink, self.handBack) = (events, handBack)
        foreign = ForeignLog("Redis: a message that is no announcement was dropped", key: "channel", logger: logger)
        canaryChannel = "\(library.prefix)canary:\(Epoch.random())"
    }

    /// The first connection.
    /// - Throws: ``RedisError/unusable(_:)`` or ``RedisError/unreachable(reason:)``, in words for the operator.
    func open() async throws(RedisError) { _ = try await connect() }

    /// Keeps the link up, and sends the canary, until the task is cancelled; then it is down for good.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.watch() }
            await Upkeep(purpose: "announcements", logger: logger).run(state.withLock { $0.connection }) {
                self.state.withLock { $0.reason }
            } connect: { () async throws(RedisError) in
                try await self.connect()
            }
            group.cancelAll()
        }
    }

    /// The channels that are wanted here.
    var wanted: [ChannelName] { state.withLock { $0.table.wanted } }

    /// Returns when the server has confirmed all, or when their loss has been told.
    ///
    /// While the link is down that is at once. With `interrupted` their loss has been told before, by another link, and
    /// their restoration is to be told here.
    func attach(_ names: [ChannelName], interrupted: Bool = false) async {
        await withCheckedContinuation { continuation in
            change { state in
                state.lastWaiter += 1
                state.waiters[state.lastWaiter] = continuation
                return state.table.attach(names, waiter: state.lastWaiter, interrupted: interrupted)
            }
        }
    }

    func detach(_ names: [ChannelName]) { change { $0.table.detach(names) } }

    /// Leaves the connection: the primary is located again.
    func relocate(_ reason: String) {
        drop(state.withLock { $0.generation }, .unreachable(reason: reason))
    }
}

// MARK: What happens

extension SubscriberLink {
    /// All that one read brought.
    func received(_ replies: [Reply], _ generation: Int) {
        let pushes = replies.compactMap { Push($0, library: library, canary: canaryChannel) }
        change { state in
            guard generation == state.generation else { return SubscriptionTable.Effects() }
            guard state.greeting == nil else {
                Self.greeted(by: pushes, &state)
                return SubscriptionTable.Effects()
            }
            state.canary?.noteTraffic()
            var effects = SubscriptionTable.Effects()
            for push in pushes { take(push, &state, &effects) }
            state.table.settle(&effects)
            return effects
        }
    }

    private func take(_ push: Push, _ state: inout State, _ effects: inout SubscriptionTable.Effects) {
        switch push {
        case .events(let events): effects.events += events
        case .subscribed(let channel): state.table.subscribed(channel, &effects)
        case .unsubscribed(let channel): state.table.unsubscribed(channel, &effects)
        case .refused(let words): state.table.refused(words, &effects)
        case .canary(let token): state.canary?.noteArrival(token)
        case .pong: state.canary?.notePong()
        case .foreign(let channel): foreign.note(channel)
        }
    }

    /// A new connection's first commands are answered: PONG comes last.
    private static func greeted(by pushes: [Push], _ state: inout State) {
        for push in pushes {
            switch push {
            // In a cluster the canary's slot may be elsewhere.
            case .refused(let words) where !words.hasPrefix("MOVED") && !words.hasPrefix("CLUSTERDOWN"):
                state.greeting?.fail(RedisError.refused(words))
            case .pong: state.greeting?.succeed()
            default: break
            }
        }
    }

    /// Gives up the connection of this generation, if it is the present one: loss is told at once.
    func drop(_ generation: Int, _ reason: RedisError) {
        var connection: RedisConnection?
        change { state in
            guard generation == state.generation, state.connection != nil || state.greeting != nil else {
                return SubscriptionTable.Effects()
            }
            connection = state.connection.take()
            state.greeting?.fail(reason)
            state.greeting = nil
            state.generation += 1
            state.reason = reason
            state.outbox = []
            state.canary?.arrival.fail(reason)
            state.canary = nil
            return state.table.lost()
        }
        connection?.close()
    }

    /// Changes the state, and does what follows: events in the order of the changes, then the rest.
    func change(_ body: (inout State) -> SubscriptionTable.Effects) {
        let (effects, finished, generation) = state.withLock { state in
            let effects = body(&state)
            if !effects.events.isEmpty { sink(effects.events) }
            state.outbox += effects.commands
            return (effects, effects.finished.compactMap { state.waiters.removeValue(forKey: $0) }, state.generation)
        }
        flush()
        for waiter in finished { waiter.resume() }
        if !effects.handedBack.isEmpty { handBack(effects.handedBack, effects.refusal ?? "sunsubscribe") }
        if let words = effects.drop { drop(generation, refused(words)) }
    }
}
