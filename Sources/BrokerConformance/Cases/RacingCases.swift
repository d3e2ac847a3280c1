import BrokerCore

extension ConformanceSuite {
    static let racing: [ConformanceCase] = [
        ConformanceCase(
            "race-readers",
            promise: "However 8 publishers race with 4 readers that join, each reader sees each message once, in order."
        ) { context in
            let channel = try context.channel()
            let first = try await LiveReader(channel, from: .after(.origin), on: context.reader)
            let log = try await withThrowingTaskGroup(of: [Message].self) { group in
                let publishers = Task { try await publish(to: channel, in: context) }
                group.addTask { try await read(with: first, in: context) }
                for index in 1..<4 {
                    group.addTask {
                        try await follow(channel, joiningAt: index * 600, on: context.handles[index % 2], in: context)
                    }
                }
                try await publishers.value
                try await context.writer.publish(
                    Publication(channel: channel, event: try EventName("end"), data: "end"))
                var log: [Message] = []
                for try await messages in group {
                    try expectEqual(messages.map(\.offset), Array(1...2401), "offsets that a reader saw")
                    if log.isEmpty { log = messages }
                    try expect(messages == log, "two readers saw different messages")
                }
                return log
            }
            for publisher in 0..<8 {
                let own = log.filter { $0.event.rawValue == "p\(publisher)" }
                try expectEqual(own.map(\.data), (0..<300).map(String.init), "what publisher \(publisher) wrote")
            }
            try expectEqual(try await context.reader.recover(channel).messages, log, "log")
        },
        ConformanceCase(
            "race-resume",
            promise: "A reader that leaves and comes back, again and again, sees every message once, in order."
        ) { context in
            let channel = try context.channel()
            let publishers = Task { try await publish(to: channel, in: context) }
            let seen = try await Deadline.within(context.patience * 3, waitingFor: "2400 messages in many visits") {
                var seen: [Message] = []
                while seen.count < 2400 {
                    let position = seen.last?.position ?? .origin
                    var visit = try await LiveReader(channel, from: .after(position), on: context.reader)
                    if visit.messages.isEmpty { try await visit.read { _ in true } }
                    seen += visit.messages
                    await context.reader.broker.detach([channel])
                    context.reader.collector.forget(channel)
                }
                return seen
            }
            try await publishers.value
            try expectEqual(seen.map(\.offset), Array(1...2400), "offsets that the reader saw")
        },
        ConformanceCase(
            "race-recover",
            promise: "A recovery that races with publishers and with trimming is one consistent view."
        ) { context in
            let channel = try context.channel(in: .few)
            let first = try await context.writer.publish(channel, "first").position
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await publish(to: channel, in: context) }
                group.addTask { try await view(channel, after: first, until: 2401, in: context) }
                try await group.waitForAll()
            }
        },
        ConformanceCase(
            "race-delete",
            promise: "Each life of a channel that is deleted under its publishers has no holes, and one end."
        ) { context in
            let channel = try context.channel()
            let follower = try await context.reader.follow(channel)
            let published = try await publish(to: channel, underDeletions: 10, in: context)
            try await context.writer.publish(channel, "sentinel")
            let events = try await follower.events(waitingFor: "the sentinel") { event in
                if case .published(let announcement) = event { announcement.message.data == "sentinel" } else { false }
            }
            let lives = try lives(of: events)
            try expectEqual(lives.count, 11, "lives")
            try expectEqual(lives.reduce(0, +), published + 1, "messages of all lives")
        },
    ]

    /// Eight publishers, half of them on each handle, each writing `0` to `299` as its own event.
    private static func publish(to channel: ChannelName, in context: ConformanceContext) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for publisher in 0..<8 {
                group.addTask {
                    let event = try EventName("p\(publisher)")
                    for number in 0..<300 {
                        try await context.handles[publisher % 2].publishAtLast(
                            Publication(
                                channel: channel, event: event, data: "\(number)",
                                idempotencyKey: try IdempotencyKey("\(publisher)-\(number)")))
                        // A broker that answers without waiting would let one publisher write all at once.
                        await Task.yield()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Eight publishers who go on until the channel has been deleted so many times. Returns how much they wrote.
    private static func publish(
        to channel: ChannelName, underDeletions count: Int, in context: ConformanceContext
    ) async throws -> Int {
        let isOver = Locked(false)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for publisher in 0..<8 {
                group.addTask {
                    var written = 0
                    while !isOver.withLock({ $0 }) {
                        try await context.handles[publisher % 2].publishAtLast(
                            Publication(
                                channel: channel, data: "x",
                                idempotencyKey: try IdempotencyKey("\(publisher)-\(written)")))
                        written += 1
                        await Task.yield()
                    }
                    return written
                }
            }
            group.addTask {
                defer { isOver.withLock { $0 = true } }
                for _ in 0..<count {
                    while try await context.reader.broker.inspect(channel)?.top ?? 0 < 20 { await Task.yield() }
                    _ = try await context.reader.broker.delete(channel)
                }
                return 0
            }
            return try await group.reduce(0, +)
        }
    }

    private static func read(with reader: LiveReader, in context: ConformanceContext) async throws -> [Message] {
        try await Deadline.within(context.patience * 3, waitingFor: "the end of a race, by its first reader") {
            var reader = reader
            try await reader.read { $0.event.rawValue == "end" }
            return reader.messages
        }
    }

    /// Joins when the channel has come so far, and reads from the beginning to the event `end`.
    private static func follow(
        _ channel: ChannelName, joiningAt offset: Int, on handle: ConformanceHandle, in context: ConformanceContext
    ) async throws -> [Message] {
        try await Deadline.within(context.patience * 3, waitingFor: "the end of a race, by a reader from \(offset)") {
            while try await handle.broker.inspect(channel)?.top ?? 0 < offset { await Task.yield() }
            var reader = try await LiveReader(channel, from: .after(.origin), on: handle)
            try await reader.read { $0.event.rawValue == "end" }
            return reader.messages
        }
    }

    /// Recovers again and again until the top is reached, and expects of each view that it fits together.
    private static func view(
        _ channel: ChannelName, after first: Position, until end: UInt64, in context: ConformanceContext
    ) async throws {
        var top: UInt64 = 0
        while top < end {
            try Task.checkCancellation()
            let view = try await context.reader.recover(channel, from: .after(first))
            try expect(view.top >= top, "the top went back from \(top) to \(view.top)")
            top = view.top
            let kept = Array((max(first.offset, view.trimmed) + 1)..<(top + 1))
            try expectEqual(view.messages.map(\.offset), kept, "view of top \(top), trimmed \(view.trimmed)")
            try expect(kept.count <= 5, "\(kept.count) messages are kept, not 5")
            try expectEqual(
                view.gap != nil, view.trimmed > first.offset, "gap of the view with trimmed \(view.trimmed)")
            await Task.yield()
        }
    }

    /// How many messages each epoch had. Each ends with its own deletion, but for the last.
    private static func lives(of events: [BrokerEvent]) throws -> [Int] {
        var epochs: [Epoch] = []
        var counts: [Int] = []
        var isAlive = false
        for event in events {
            switch event {
            case .published(let announcement):
                let message = announcement.message
                if !isAlive {
                    try expect(!epochs.contains(message.epoch), "the epoch \(message.epoch) has come back")
                    epochs.append(message.epoch)
                    counts.append(0)
                    isAlive = true
                }
                counts[counts.count - 1] += 1
                let position = Position(epoch: epochs[epochs.count - 1], offset: UInt64(counts[counts.count - 1]))
                try expectEqual(message.position, position, "announced position")
            case .deleted(_, let epoch):
                try expect(isAlive && epoch == epochs.last, "the epoch \(epoch) ended after \(epochs.last ?? .none)")
                isAlive = false
            case .continuityLost, .continuityRestored:
                throw ConformanceFailure("continuity was lost")
            }
        }
        return counts
    }
}
