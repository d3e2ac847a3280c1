import BrokerCore
import Logging

/// Which channels the broker is asked to announce: those that some shard wants. It compares what is wanted with what is, so
/// that a storm of readers that come and go ends in one call with what it came to.
final class Attachments: Sendable {
    /// The most channels that are attached or detached with one call.
    private static let batch = 1_000
    /// The first pause between attempts while the broker can't be reached; each is twice the one before.
    private static let firstPause = Duration.milliseconds(50)
    /// The longest pause between attempts while the broker can't be reached.
    private static let longestPause = Duration.seconds(2)

    private struct State {
        /// The shards that want each channel.
        var wanted: [ChannelName: [Shard]] = [:]
        var attached: Set<ChannelName> = []
        /// Channels for which something has changed.
        var changed: Set<ChannelName> = []
    }

    private let state = Locked(State())
    private let changes: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let broker: any Broker
    private let logger: Logger

    init(broker: any Broker, logger: Logger) {
        self.broker = broker
        self.logger = logger
        (changes, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// A shard wants the channel, or does not any more.
    func want(_ name: ChannelName, _ wanted: Bool, _ shard: Shard) {
        let isAttached = state.withLock { state in
            if wanted {
                state.wanted[name, default: []].append(shard)
                if state.attached.contains(name) { return true }
            } else {
                state.wanted[name]?.removeAll { $0 === shard }
                if state.wanted[name]?.isEmpty ?? false { state.wanted[name] = nil }
            }
            state.changed.insert(name)
            return false
        }
        if isAttached { shard.mailbox.post(.attached([name])) } else { signal.yield() }
    }

    /// The shards that want the channels of these messages; all of them when something else has happened as well.
    ///
    /// A shard that begins to want a channel while a message of it is on its way finds that in the log, where it is before it is
    /// announced, and which the shard asks once it is attached.
    func concerned(by events: [BrokerEvent], of all: [Shard]) -> [Shard] {
        guard all.count > 1 else { return all }
        return state.withLock { state in
            var concerned: [Shard] = []
            for event in events {
                guard case .published(let announcement) = event else { return all }
                for shard in state.wanted[announcement.message.channel] ?? []
                where !concerned.contains(where: { $0 === shard }) {
                    concerned.append(shard)
                }
                if concerned.count == all.count { return all }
            }
            return concerned
        }
    }

    func run() async {
        var pause = Self.firstPause
        for await _ in changes {
            while let (attach, detach) = next(), !Task.isCancelled {
                await broker.detach(detach)
                do {
                    try await broker.attach(attach)
                    succeeded(attach)
                    pause = Self.firstPause
                } catch {
                    logger.debug("attaching failed", metadata: ["reason": "\(error)", "channels": "\(attach.count)"])
                    state.withLock { $0.changed.formUnion(attach) }
                    try? await Task.sleep(for: pause * Double.random(in: 0.5...1))
                    pause = min(pause * 2, Self.longestPause)
                }
            }
        }
    }

    /// What to attach and detach next; `nil`: all is as wanted.
    private func next() -> (attach: [ChannelName], detach: [ChannelName])? {
        state.withLock { state in
            guard !state.changed.isEmpty else { return nil }
            let batch = state.changed.prefix(Self.batch)
            state.changed.subtract(batch)
            let attach = batch.filter { state.wanted[$0] != nil && !state.attached.contains($0) }
            let detach = batch.filter { state.wanted[$0] == nil && state.attached.contains($0) }
            state.attached.subtract(detach)
            return (attach, detach)
        }
    }

    private func succeeded(_ names: [ChannelName]) {
        let news = state.withLock { state in
            state.attached.formUnion(names)
            // Nobody may want a channel any more: look at all of them again.
            state.changed.formUnion(names.filter { state.wanted[$0] == nil })
            return names.flatMap { name in (state.wanted[name] ?? []).map { ($0, name) } }
        }
        for (shard, group) in Dictionary(grouping: news, by: { ObjectIdentifier($0.0) }).values.compactMap({ group in
            group.first.map { ($0.0, group.map(\.1)) }
        }) { shard.mailbox.post(.attached(group)) }
    }
}
