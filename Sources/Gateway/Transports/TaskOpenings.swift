import BrokerCore
import Hub
import Tasks

/// A transport whose readers may follow tasks.
protocol TaskReader: Transport {
    var tasks: TaskOpenings { get }
}

/// The tasks that one session is on its way into. It lives on the session's shard, as its transport does.
final class TaskOpenings {
    /// What an opened subscription is to the reader.
    enum Word {
        /// A channel, of which there is nothing more to say.
        case channel
        /// A task, whose snapshot is to be shown before the opening.
        case task(TaskSnapshot)
        /// Nothing yet: the subscription is made anew, and opens again.
        case later

        /// The task that was opened.
        var task: TaskID? {
            if case .task(let snapshot) = self { snapshot.id } else { nil }
        }
    }

    /// Between two looks at a broker that is not available, by chance, in milliseconds.
    private static let pause: ClosedRange<Int64> = 500...1_500

    private struct Entry {
        var opening: TaskOpening
        /// Tells a subscription from an earlier one of the same task, which was cancelled.
        let number: UInt64
    }

    private let inspector: TaskInspector
    private var entries: [ChannelName: Entry] = [:]
    private var number: UInt64 = 0

    init(_ inspector: TaskInspector) {
        self.inspector = inspector
    }

    /// Whether the reader is on its way into this task: nothing of its channel is to be told yet.
    func isOpening(_ channel: ChannelName) -> Bool { entries[channel] != nil }

    /// Tasks that the session has no subscription to yet.
    func unsubscribedCount(_ session: Session) -> Int { entries.keys.count { !session.isSubscribed(to: $0) } }

    /// Begins to follow what the session does not follow yet.
    func begin(_ starts: [StreamStart], _ session: Session) {
        for entry in starts where session.isOpen {
            switch entry.subject {
            case .channel(let channel): _ = session.subscribe(channel, from: entry.start)
            case .task(let id): follow(id, from: entry.start, session)
            }
        }
    }

    private func follow(_ id: TaskID, from start: Start, _ session: Session) {
        number += 1
        entries[id.channel] = Entry(opening: TaskOpening(id: id, start: start), number: number)
        inspect(id, number, after: .zero, session)
    }

    /// The reader wants no more of it. `false`: it was not on its way into it.
    func cancel(_ channel: ChannelName) -> Bool { entries.removeValue(forKey: channel) != nil }

    /// A subscription of the session has opened.
    func opened(_ opening: Opening, _ session: Session) -> Word {
        let channel = opening.channel
        guard var entry = entries[channel] else { return .channel }
        let step = entry.opening.opened(at: opening.answer.start)
        entries[channel] = entry
        if case .show(let snapshot) = step {
            entries[channel] = nil
            return .task(snapshot)
        }
        _ = session.unsubscribe(channel)
        // Not in the middle of what the channel does for its other readers.
        let number = entry.number
        session.handle.perform { Self.of($0)?.take(step, channel, number, $0) }
        return .later
    }

    // MARK: Steps

    private static func of(_ session: Session) -> TaskOpenings? { (session.transport as? any TaskReader)?.tasks }

    private func take(_ step: TaskOpening.Step, _ channel: ChannelName, _ number: UInt64, _ session: Session) {
        guard let entry = entries[channel], entry.number == number else { return }
        switch step {
        case .inspect: inspect(entry.opening.id, number, after: .zero, session)
        case .subscribe(let start): _ = session.subscribe(channel, from: start)
        case .show: break
        }
    }

    private func inspect(_ id: TaskID, _ number: UInt64, after pause: Duration, _ session: Session) {
        let inspector = inspector
        session.perform(
            {
                if pause > .zero { try? await Task.sleep(for: pause) }
                return await inspector.snapshot(of: id)
            },
            then: { answer, session in Self.of(session)?.inspected(id, number, answer, session) })
    }

    private func inspected(_ id: TaskID, _ number: UInt64, _ answer: TaskInspector.Answer, _ session: Session) {
        guard var entry = entries[id.channel], entry.number == number, session.isOpen else { return }
        switch answer {
        case .success(let snapshot):
            let step = entry.opening.inspected(snapshot)
            entries[id.channel] = entry
            take(step, id.channel, number, session)
        case .failure:
            // As streams of channels do, it waits until the broker is available again.
            inspect(id, number, after: .milliseconds(Int64.random(in: Self.pause)), session)
        }
    }
}
