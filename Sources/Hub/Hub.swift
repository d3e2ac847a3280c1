package import BrokerCore
package import Logging
import Synchronization

/// Fan-out: takes what the broker announces and brings it to every reader, in order, without loss, whatever happens
/// between. It knows no HTTP and no backend.
package final class Hub: Sendable {
    /// How long a reader that was shut down may take for what waits for it, in seconds.
    private static let drainGrace = Duration.seconds(3)
    /// How often it is looked whether the last reader is gone.
    private static let drainWatch = Duration.milliseconds(50)

    private let broker: any Broker
    private let shards: [Shard]
    private let attachments: Attachments
    private let next = Atomic<Int>(0)
    private let sessions: SessionCount

    /// Starts the shards.
    /// - Throws: ``ShardError``.
    package init(broker: any Broker, options: HubOptions, logger: Logger) throws(ShardError) {
        let attachments = Attachments(broker: broker, logger: logger)
        let limit = RecoveryLimit(messages: options.pageMessages, bytes: options.pageBytes)
        let sessions = SessionCount()
        let services = ShardServices(
            sessions: sessions,
            want: { attachments.want($0, $1, $2) },
            recover: { name, query, generation, shard in
                Task {
                    let result: Result<Recovery, BrokerError>
                    do throws(BrokerError) {
                        result = .success(try await broker.recover(name, from: query, limit: limit))
                    } catch {
                        result = .failure(error)
                    }
                    shard.mailbox.post(.recovered(name, query: query, generation: generation, result))
                }
            }
        )
        var shards: [Shard] = []
        for _ in 0..<(options.shards > 0 ? options.shards : Processors.available) {
            shards.append(try Shard(options: options, services: services))
        }
        if options.usesRing, !shards.allSatisfy(\.hasRing) {
            logger.info("io_uring can't be used here: each reader is sent to by a system call of its own")
        }
        self.broker = broker
        self.shards = shards
        self.attachments = attachments
        self.sessions = sessions
    }

    /// Brings the broker's events to the shards until the task is cancelled; then the shards stop.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.attachments.run() }
            group.addTask { await self.pump() }
            await group.next()
            group.cancelAll()
        }
        for shard in shards { shard.mailbox.post(.stop) }
    }

    /// Brings events to the shards that they concern as they come: on the thread that sends them, for to wake a task first
    /// takes longer than all else. A shard that is busy finds all that has gathered as one turn's work; when too much is
    /// under way, the rest gathers in the broker's bounded buffer, and this task brings it when there is room.
    private func pump() async {
        let gate = EventGate()
        let bring: @Sendable ([BrokerEvent]) -> Void = { [shards, attachments] events in
            let concerned = attachments.concerned(by: events, of: shards)
            guard !concerned.isEmpty else { return }
            let batch = EventBatch(events, shards: concerned.count, gate: gate)
            for shard in concerned where !shard.mailbox.post(.events(batch)) { _ = batch.take() }
        }
        let shortcut: BrokerEvents.Shortcut = { events in
            guard gate.isOpen else { return false }
            bring(events)
            return true
        }
        while let events = await broker.events.next(offering: shortcut) {
            bring(events)
            await gate.pass()
        }
    }

    /// Opens a session on one of the shards, in turn.
    package func open(_ seed: SessionSeed) {
        let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
        let letter = ShardLetter.open(seed)
        if !shards[abs(number % shards.count)].mailbox.post(letter) { letter.refuse() }
    }

    /// Readers that this gateway has of each channel.
    package func readers(of names: [ChannelName]) async -> [Int] {
        var sums = Array(repeating: 0, count: names.count)
        for shard in shards {
            guard let counts = await shard.ask({ $0.readers(of: names) }) else { continue }
            for (index, count) in counts.enumerated() { sums[index] += count }
        }
        return sums
    }

    /// The counters of all shards together.
    package func stats() async -> HubStats {
        var sum = HubStats()
        for shard in shards { sum += await shard.ask { $0.currentStats() } ?? HubStats() }
        return sum
    }

    /// Changes what the shards are set to, but not how many there are.
    package func set(_ options: HubOptions) {
        for shard in shards { shard.mailbox.post(.options(options)) }
    }

    /// Runs `work` on each shard's thread, as soon as that comes to it, with the shard's number.
    package func visit(_ work: @escaping @Sendable (Int) -> Void) {
        for (number, shard) in shards.enumerated() { shard.mailbox.post(.work(Work { if $0 != nil { work(number) } })) }
    }

    package var shardCount: Int { shards.count }

    /// Shuts the readers down, spread evenly over the time. Returns when the last is gone, or has had its time to go.
    package func drain(over time: Duration) async {
        for shard in shards { shard.mailbox.post(.drain(time.wholeMilliseconds)) }
        let deadline = ContinuousClock.now + time + Self.drainGrace
        while sessions.all.load(ordering: .relaxed) > 0, ContinuousClock.now < deadline, !Task.isCancelled {
            try? await Task.sleep(for: Self.drainWatch)
        }
    }
}

/// Counts the sessions of all shards.
final class SessionCount: Sendable {
    let all = Atomic<Int>(0)
}
