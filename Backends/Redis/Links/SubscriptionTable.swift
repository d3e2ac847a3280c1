import BrokerCore
import BrokerSupport

/// Which channels are wanted, and which of them the server has confirmed. Without I/O: something happened in,
/// ``Effects`` out.
///
/// At most one SUBSCRIBE or UNSUBSCRIBE of a channel is under way. When it is answered, what is wanted is compared with
/// what is, so attach and detach may race with confirmations in any way.
///
/// Of continuity it says: lost, as soon as a connection breaks or a channel is attached without one; restored, when the
/// server has confirmed every wanted channel. With ``Scope/channels`` it says both of the link's own channels by name,
/// and restored of each when it is confirmed.
struct SubscriptionTable {
    /// What a broken connection interrupts.
    enum Scope: Sendable {
        /// Every channel that there is: this link carries all of them.
        case everything
        /// The channels of this link: there are others. A channel that the server no longer serves is handed back.
        case channels
    }

    /// Someone who waits until its channels are attached.
    typealias Waiter = Int

    enum Phase: Equatable {
        case down
        /// Connected; not all that is ``SubscriptionTable/owed`` has been confirmed since.
        case restoring
        case up
    }

    /// Channels that one command names, at most: the server does nothing else while it carries one out. In a cluster
    /// all channels of a command must be in one slot, so there each has its own.
    static let channelsPerCommand = 500

    let scope: Scope
    private(set) var phase = Phase.down
    /// Channels whose loss has been told, and which are not confirmed yet. Restoration waits for these and for none that
    /// are attached meanwhile, or a steady coming of readers could hold it up for ever.
    var owed = 0
    var entries: [ChannelName: Entry] = [:]
    /// Channels of which what is and what is wanted may differ.
    private var due = FIFO<ChannelName>()
    var underway = SubscriptionsUnderway()
    private var waiting: [ChannelName: [Waiter]] = [:]
    private var waiters: [Waiter: Int] = [:]
    /// Loss has been told for everything, and restoration has not.
    private var interrupted = false

    init(scope: Scope) { self.scope = scope }

    /// The channels that are wanted.
    var wanted: [ChannelName] { entries.compactMap { $0.value.wanted ? $0.key : nil } }

    /// Channels are wanted. With `interrupted` their loss has been told already, and their restoration is to be.
    /// `waiter` is done when all are confirmed, when they are not wanted any more, or when their loss has been told.
    mutating func attach(_ names: [ChannelName], waiter: Waiter?, interrupted: Bool = false) -> Effects {
        var effects = Effects()
        var open = 0
        for name in names {
            let entry = want(name, interrupted: interrupted || phase == .down)
            if entry.state == .subscribed, interrupted { effects.restored.append(name) }
            guard phase != .down, entry.state != .subscribed else { continue }
            if let waiter { waiting[name, default: []].append(waiter) }
            open += 1
            enqueue(name)
        }
        if phase == .down, !names.isEmpty, !interrupted {
            self.interrupted = true
            effects.events.append(.continuityLost(.channels(names)))
        }
        if let waiter {
            if open == 0 { effects.finished.append(waiter) } else { waiters[waiter] = open }
        }
        advance(&effects)
        return effects
    }

    /// Channels are not wanted any more.
    mutating func detach(_ names: [ChannelName]) -> Effects {
        var effects = Effects()
        for name in names {
            guard let entry = entries[name], entry.wanted else { continue }
            forget(name, entry, &effects)
        }
        advance(&effects)
        return effects
    }

    /// A new connection stands, with nothing subscribed.
    mutating func connected() -> Effects {
        var effects = Effects()
        phase = .restoring
        for name in entries.keys { enqueue(name) }
        advance(&effects)
        return effects
    }

    /// The connection is gone, or was given up.
    mutating func lost() -> Effects {
        var effects = Effects()
        guard phase != .down else { return effects }
        phase = .down
        underway = SubscriptionsUnderway()
        due.removeAll()
        entries = entries.compactMapValues { $0.wanted ? Entry(interrupted: true) : nil }
        owed = entries.count
        effects.finished = Array(waiters.keys)
        (waiting, waiters) = ([:], [:])
        switch scope {
        case .everything:
            interrupted = true
            effects.events.append(.continuityLost(.everything))
        case .channels:
            if !entries.isEmpty { effects.events.append(.continuityLost(.channels(wanted))) }
        }
        return effects
    }
}

// MARK: Steps

extension SubscriptionTable {
    private mutating func want(_ name: ChannelName, interrupted: Bool) -> Entry {
        var entry = entries[name] ?? Entry(wanted: false)
        entry.wanted = true
        if interrupted, entry.state != .subscribed, !entry.interrupted {
            entry.interrupted = true
            owed += 1
        }
        entries[name] = entry
        return entry
    }

    private mutating func forget(_ name: ChannelName, _ entry: Entry, _ effects: inout Effects) {
        if entry.interrupted { owed -= 1 }
        if scope == .channels, entry.interrupted { effects.restored.append(name) }
        release(name, &effects)
        if entry.state == .none {
            entries[name] = nil
        } else {
            entries[name]?.wanted = false
            entries[name]?.interrupted = false
            enqueue(name)
        }
    }

    mutating func enqueue(_ name: ChannelName) {
        guard phase != .down, let entry = entries[name], !entry.isDue else { return }
        entries[name]?.isDue = true
        due.append(name)
    }

    /// Those who wait for this channel need not any more.
    mutating func release(_ name: ChannelName, _ effects: inout Effects) {
        for waiter in waiting.removeValue(forKey: name) ?? [] {
            guard let open = waiters[waiter] else { continue }
            waiters[waiter] = open > 1 ? open - 1 : nil
            if open == 1 { effects.finished.append(waiter) }
        }
    }

    /// Sends what is due as far as there is room, and tells what has been restored.
    mutating func advance(_ effects: inout Effects) {
        var room = underway.room
        while room > 0, let name = due.popFirst() {
            guard let entry = entries[name], entry.isDue else { continue }
            entries[name]?.isDue = false
            switch (entry.wanted, entry.state) {
            case (true, .none): send(.subscribe, name, .subscribing, &effects)
            case (false, .subscribed): send(.unsubscribe, name, .unsubscribing, &effects)
            default: continue
            }
            room -= 1
        }
        for command in effects.commands { underway.append(command) }
        tellRestored(&effects)
    }

    private mutating func send(
        _ kind: SubscriptionCommand.Kind, _ name: ChannelName, _ state: Entry.State, _ effects: inout Effects
    ) {
        entries[name]?.state = state
        effects.add(kind, name, atMost: scope == .everything ? Self.channelsPerCommand : 1)
    }

    private mutating func tellRestored(_ effects: inout Effects) {
        effects.flushRestored()
        guard phase == .restoring, owed == 0 else { return }
        phase = .up
        guard scope == .everything, interrupted else { return }
        interrupted = false
        effects.events.append(.continuityRestored(.everything))
    }
}
