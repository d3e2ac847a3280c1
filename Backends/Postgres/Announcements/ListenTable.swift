import BrokerCore

/// Which channels are wanted, and to which of their buckets the server has confirmed to listen. Without I/O: something
/// happened in, ``ListenEffects`` out.
///
/// At most one LISTEN or UNLISTEN of a bucket is under way. When it is answered, what is wanted is compared with what
/// is, so attach and detach may race with the answers in any way. A channel whose bucket is listened to already is
/// attached at once.
///
/// Of continuity it says: lost, as soon as the connection breaks or a channel is attached without one; restored, when
/// the server has confirmed every bucket that was wanted then.
struct ListenTable {
    /// Someone who waits until its channels are attached.
    typealias Waiter = Int

    enum Phase: Equatable {
        case down
        /// Connected; not all that is owed has been confirmed since.
        case restoring
        case up
    }

    enum Command: Equatable { case listen(Bucket), unlisten(Bucket) }

    private struct Entry {
        enum State { case none, listening, listened, unlistening }

        var state = State.none
        /// How many channels of it are wanted.
        var channels = 0
        /// Its loss has been told. Restoration waits for these and for none that come to be wanted meanwhile.
        var isOwed = false
        var waiters: [Waiter] = []
    }

    private(set) var phase = Phase.down
    /// One for each bucket.
    private var entries = Array(repeating: Entry(), count: Bucket.count)
    private var wanted: [ChannelName: Bucket] = [:]
    /// How many buckets each still waits for.
    private var waiters: [Waiter: Int] = [:]
    private var owed = 0
    /// Loss has been told, and restoration has not.
    private var isInterrupted = false

    func isWanted(_ channel: ChannelName) -> Bool { wanted[channel] != nil }
}

// MARK: What happens

extension ListenTable {
    /// Channels are wanted. `waiter` is done when all their buckets are listened to, when they are not wanted any more,
    /// or when their loss has been told.
    mutating func attach(_ names: [ChannelName], waiter: Waiter) -> ListenEffects {
        var effects = ListenEffects()
        var buckets: Set<Bucket> = []
        for name in names {
            let bucket = wanted[name] ?? Bucket(of: name)
            buckets.insert(bucket)
            guard wanted.updateValue(bucket, forKey: name) == nil else { continue }
            entries[bucket.index].channels += 1
        }
        guard phase != .down else {
            for bucket in buckets { owe(bucket) }
            effects.finished.append(waiter)
            guard !names.isEmpty else { return effects }
            isInterrupted = true
            effects.events.append(.continuityLost(.channels(names)))
            return effects
        }
        let open = buckets.filter { entries[$0.index].state != .listened }
        for bucket in open {
            entries[bucket.index].waiters.append(waiter)
            advance(bucket, &effects)
        }
        if open.isEmpty { effects.finished.append(waiter) } else { waiters[waiter] = open.count }
        return effects
    }

    /// Channels are not wanted any more.
    mutating func detach(_ names: [ChannelName]) -> ListenEffects {
        var effects = ListenEffects()
        for name in names {
            guard let bucket = wanted.removeValue(forKey: name) else { continue }
            entries[bucket.index].channels -= 1
            guard entries[bucket.index].channels == 0 else { continue }
            settle(bucket, &effects)
            advance(bucket, &effects)
        }
        tellRestored(&effects)
        return effects
    }

    /// A new connection stands, which listens to nothing yet.
    mutating func connected() -> ListenEffects {
        var effects = ListenEffects()
        phase = .restoring
        for index in 0..<Bucket.count { advance(Bucket(index), &effects) }
        tellRestored(&effects)
        return effects
    }

    /// The connection is gone, or was given up.
    mutating func lost() -> ListenEffects {
        var effects = ListenEffects()
        guard phase != .down else { return effects }
        phase = .down
        owed = 0
        for index in 0..<Bucket.count {
            entries[index].state = .none
            entries[index].waiters = []
            entries[index].isOwed = false
            if entries[index].channels > 0 { owe(Bucket(index)) }
        }
        effects.finished = Array(waiters.keys)
        waiters = [:]
        isInterrupted = true
        effects.events.append(.continuityLost(.everything))
        return effects
    }

    /// The server has carried out the command under way for this bucket.
    mutating func answered(_ bucket: Bucket) -> ListenEffects {
        var effects = ListenEffects()
        let entry = entries[bucket.index]
        switch entry.state {
        case .listening:
            entries[bucket.index].state = .listened
            settle(bucket, &effects)
        case .unlistening: entries[bucket.index].state = .none
        case .none, .listened: return effects
        }
        advance(bucket, &effects)
        tellRestored(&effects)
        return effects
    }
}

// MARK: Steps

extension ListenTable {
    private mutating func owe(_ bucket: Bucket) {
        guard !entries[bucket.index].isOwed else { return }
        entries[bucket.index].isOwed = true
        owed += 1
    }

    /// The bucket is listened to, or nobody wants it: nobody has to wait for it any more.
    private mutating func settle(_ bucket: Bucket, _ effects: inout ListenEffects) {
        if entries[bucket.index].isOwed {
            entries[bucket.index].isOwed = false
            owed -= 1
        }
        for waiter in entries[bucket.index].waiters {
            guard let open = waiters[waiter] else { continue }
            waiters[waiter] = open > 1 ? open - 1 : nil
            if open == 1 { effects.finished.append(waiter) }
        }
        entries[bucket.index].waiters = []
    }

    /// Sends what brings the bucket nearer to what is wanted, unless something is under way.
    private mutating func advance(_ bucket: Bucket, _ effects: inout ListenEffects) {
        guard phase != .down else { return }
        switch (entries[bucket.index].state, entries[bucket.index].channels == 0) {
        case (.none, false):
            entries[bucket.index].state = .listening
            effects.commands.append(.listen(bucket))
        case (.listened, true):
            entries[bucket.index].state = .unlistening
            effects.commands.append(.unlisten(bucket))
        default: break
        }
    }

    private mutating func tellRestored(_ effects: inout ListenEffects) {
        guard phase == .restoring, owed == 0 else { return }
        phase = .up
        guard isInterrupted else { return }
        isInterrupted = false
        effects.events.append(.continuityRestored(.everything))
    }
}
