import BrokerCore

extension ConformanceSuite {
    static let deletion: [ConformanceCase] = [
        ConformanceCase(
            "delete-gone",
            promise: "A deleted channel is gone in every respect, at once and for every handle."
        ) { context in
            let channel = try context.channel(in: .few)
            let key = try RetainKey("k")
            try await context.writer.publish(
                Publication(channel: channel, data: "x", keeping: .loggedAndRetained(key), fence: 9))
            try await context.writer.fill(channel, 9)
            let old = try await context.writer.publish(Publication(channel: channel, data: "end", closes: true))
                .position
            try expect(try await context.reader.broker.delete(channel), "there was nothing to delete")
            for handle in context.handles {
                try expectEqual(try await handle.broker.inspect(channel), nil, "status")
                let recovery = try await handle.recover(channel, from: .after(old))
                try expectEqual(recovery.gap, Gap(asked: old, epoch: .none, haveFrom: 1, reason: .epoch), "gap")
                try expect(recovery.messages.isEmpty && !recovery.closed, "the recovery is \(recovery)")
                try expectEqual(
                    try await handle.broker.list(ChannelQuery(prefix: context.prefix(in: .few))), [], "list")
                try expect(try await !handle.broker.delete(channel), "there was something more to delete")
            }
        },
        ConformanceCase(
            "delete-new-life",
            promise: "A deleted channel comes back with another epoch, offset 1, and nothing of its former life."
        ) { context in
            let channel = try context.channel(in: .few)
            let key = try RetainKey("k")
            var epochs: Set<Epoch> = []
            for _ in 0..<5 {
                let first = try await context.writer.publish(
                    Publication(channel: channel, data: "x", keeping: .loggedAndRetained(key), expect: 0, fence: 1))
                try expectEqual(first.position.offset, 1, "first offset")
                try expect(epochs.insert(first.position.epoch).inserted, "an epoch has come back")
                let status = try await context.reader.status(channel)
                try expectEqual(status.epoch, first.position.epoch, "epoch")
                try expectEqual(
                    [status.top, status.trimmed, UInt64(status.retained.count)], [1, 0, 1], "top, trimmed, retained")
                try await context.writer.fill(channel, 9)
                try await context.writer.publish(Publication(channel: channel, data: "end", fence: 8, closes: true))
                _ = try await context.reader.broker.delete(channel)
            }
        },
        ConformanceCase(
            "delete-announced",
            promise: "A deletion is announced with its epoch, after what was published before and before what comes."
        ) { context in
            let channel = try context.channel()
            let followers = [try await context.writer.follow(channel), try await context.reader.follow(channel)]
            var epochs: [Epoch] = []
            for _ in 0..<3 {
                epochs.append(try await context.writer.fill(channel, 4)[0].position.epoch)
                _ = try await context.writer.broker.delete(channel)
            }
            for follower in followers {
                for epoch in epochs {
                    let heard = try await follower.announcements(through: 4)
                    try expectEqual(heard.map(\.message.offset), [1, 2, 3, 4], "announced offsets")
                    try expectEqual(Set(heard.map(\.message.epoch)), [epoch], "announced epoch")
                    try expectEqual(try await follower.deletion(), epoch, "deleted epoch")
                }
            }
        },
        ConformanceCase(
            "delete-nothing",
            promise: "Deleting a channel that does not exist does nothing, says so, and is not announced."
        ) { context in
            let channel = try context.channel()
            let follower = try await context.reader.follow(channel)
            try expect(try await !context.writer.broker.delete(channel), "there was something to delete")
            try await context.writer.publish(channel, "sentinel")
            try expectEqual(try await follower.announcements(through: 1).count, 1, "announcements")
        },
        ConformanceCase(
            "delete-this-only",
            promise: "A deletion touches no other channel, however alike the names are."
        ) { context in
            let doomed = try context.channel("a")
            let others = try ["a:", "a/b", "a:b", "aa", "A", "_"].map { try context.channel($0) }
            for channel in [doomed] + others { try await context.writer.publish(channel, channel.rawValue) }
            _ = try await context.writer.broker.delete(doomed)
            for channel in others {
                let log = try await context.reader.recover(channel).messages
                try expectEqual(log.map(\.data), [channel.rawValue], "log of \(channel)")
            }
        },
    ]
}
