import BrokerCore

extension ConformanceSuite {
    static let retention: [ConformanceCase] = [
        ConformanceCase(
            "retention-messages",
            promise: "The log keeps at most history.messages messages: the newest ones."
        ) { context in
            let channel = try context.channel(in: .few)
            for count: UInt64 in 1...12 {
                try await context.writer.publish(channel, "\(count)")
                let recovery = try await context.reader.recover(channel)
                let trimmed = count > 5 ? count - 5 : 0
                try expectEqual(recovery.messages.map(\.offset), Array((trimmed + 1)...count), "log of \(count)")
                try expectEqual([recovery.top, recovery.trimmed], [count, trimmed], "top and trimmed")
            }
            try await context.writer.fill(channel, 40)
            let recovery = try await context.reader.recover(channel)
            try expectEqual(recovery.messages.map(\.offset), Array(48...52), "log after a batch")
        },
        ConformanceCase(
            "retention-bytes",
            promise: "The log keeps at most history.bytes bytes of data; the newest message whatever its size."
        ) { context in
            let channel = try context.channel(in: .small)
            func offsets(afterAdding bytes: Int) async throws -> [UInt64] {
                try await context.writer.publish(channel, String(repeating: "x", count: bytes))
                return try await context.reader.recover(channel).messages.map(\.offset)
            }
            try expectEqual(try await offsets(afterAdding: 400), [1], "log of 400")
            try expectEqual(try await offsets(afterAdding: 600), [1, 2], "log of 400, 600")
            try expectEqual(try await offsets(afterAdding: 1), [2, 3], "log of 600, 1")
            try expectEqual(try await offsets(afterAdding: 5000), [4], "log of 5000")
            try expectEqual(try await offsets(afterAdding: 1), [5], "log of 1")
            try expectEqual(try await context.reader.status(channel).trimmed, 4, "trimmed")
        },
        ConformanceCase(
            "retention-conflated",
            promise: "Conflated messages neither fill the log nor count as trimmed."
        ) { context in
            let channel = try context.channel(in: .few)
            let key = try RetainKey("progress")
            try await context.writer.fill(channel, 3)
            for percent in 1...50 { try await context.writer.publish(channel, "\(percent)", keeping: .conflated(key)) }
            let before = try await context.reader.recover(channel, from: .after(.origin))
            try expectEqual(before.gap, nil, "gap")
            try expectEqual(before.messages.map(\.offset), [1, 2, 3, 53], "all that is kept")
            try await context.writer.fill(channel, 5)
            let after = try await context.reader.recover(channel)
            try expectEqual(after.trimmed, 3, "the highest offset of a logged message that was removed")
            try expectEqual(after.messages.map(\.offset), Array(53...58), "all that is kept")
        },
    ]

    static let expiry: [ConformanceCase] = [
        ConformanceCase(
            "expiry-gone",
            promise: "When its time is over a channel is gone in every respect, and comes back with another epoch."
        ) { context in
            let channel = try context.channel(in: .fleeting)
            let first = Publication(
                channel: channel, data: "x", keeping: .loggedAndRetained(try RetainKey("k")), expect: 0, fence: 5,
                idempotencyKey: try IdempotencyKey("once"))
            let old = try await context.writer.publish(first).position
            try await context.wait(for: "the channel's end") { try await context.reader.broker.inspect(channel) == nil }
            let gone = try await context.reader.recover(channel, from: .after(old))
            try expectEqual(gone.gap, Gap(asked: old, epoch: .none, haveFrom: 1, reason: .epoch), "gap")
            try expect(gone.messages.isEmpty && gone.top == 0, "the recovery is \(gone)")
            let listed = try await context.reader.broker.list(ChannelQuery(prefix: context.prefix(in: .fleeting)))
            try expectEqual(listed, [], "list")
            try expect(try await !context.writer.broker.delete(channel), "there was something to delete")
            let new = try await context.writer.publish(first)
            try expect(!new.duplicate, "the idempotency key of the expired channel is still known")
            try expectEqual(new.position.offset, 1, "offset")
            try expect(new.position.epoch != old.epoch, "the expired channel comes back with its epoch")
        },
        ConformanceCase(
            "expiry-last-message",
            promise: "A channel's time counts from its last message."
        ) { context in
            let channel = try context.channel(in: .fleeting)
            let clock = ContinuousClock()
            try await Deadline.within(context.patience, waitingFor: "a second and a half without a long pause") {
                var (began, previous) = (clock.now, clock.now)
                var epoch = try await context.writer.publish(channel, "first").position.epoch
                while clock.now - began < .milliseconds(1500) {
                    let next = try await context.writer.publish(channel, "next").position.epoch
                    let now = clock.now
                    // A pause that is nearly as long as the channel lives proves nothing: begin again.
                    if now - previous > .milliseconds(800) { (began, epoch) = (now, next) }
                    try expectEqual(next, epoch, "epoch of a channel that was written to all the time")
                    previous = now
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        },
        ConformanceCase(
            "expiry-closed",
            promise: "A closed channel lives history.ttl_after_close; one that is open, or open again, history.ttl."
        ) { context in
            let open = try context.channel("open", in: .parting)
            let closed = try context.channel("closed", in: .parting)
            let reopened = try context.channel("reopened", in: .parting)
            try await context.writer.publish(open, "x")
            _ = try await context.writer.publish([
                Publication(channel: reopened, data: "end", closes: true),
                Publication(channel: reopened, data: "more", fence: 1),
                Publication(channel: closed, data: "end", closes: true),
            ]).map { try $0.get() }
            try await context.wait(for: "the closed channel's end") {
                try await context.reader.broker.inspect(closed) == nil
            }
            try expectEqual(try await context.writer.publish(closed, "anew").position.offset, 1, "offset")
            try expectEqual(try await context.writer.publish(open, "y").position.offset, 2, "offset of the open one")
            try expectEqual(
                try await context.writer.publish(reopened, "z").position.offset, 3, "offset of the reopened one")
        },
    ]
}
