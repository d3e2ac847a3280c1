import BrokerCore

extension ConformanceSuite {
    static let retained: [ConformanceCase] = [
        ConformanceCase(
            "retain-newest",
            promise: "A channel keeps the newest message of each retain key, each key for itself."
        ) { context in
            let channel = try context.channel()
            let (state, note) = (try RetainKey("state"), try RetainKey("note"))
            try await context.writer.publish(channel, "queued", keeping: .loggedAndRetained(state))
            try await context.writer.publish(channel, "hello", keeping: .loggedAndRetained(note))
            try await context.writer.publish(channel, "line")
            try await context.writer.publish(channel, "started", keeping: .loggedAndRetained(state))
            let status = try await context.reader.status(channel)
            try expectEqual(status.retained.map(\.data), ["hello", "started"], "retained, in offset order")
            try expectEqual(status.retained.map(\.offset), [2, 4], "retained offsets")
            let log = try await context.reader.recover(channel)
            try expectEqual(log.messages.map(\.offset), [1, 2, 3, 4], "logged offsets")
        },
        ConformanceCase(
            "retain-outlives-log",
            promise: "A retained message is kept, and recovered, when retention has removed it from the log."
        ) { context in
            let channel = try context.channel(in: .few)
            let key = try RetainKey("state")
            try await context.writer.publish(channel, "old", keeping: .loggedAndRetained(key))
            try await context.writer.publish(channel, "kept", keeping: .loggedAndRetained(key))
            try await context.writer.fill(channel, 10)
            let status = try await context.reader.status(channel)
            try expectEqual(status.retained.map(\.data), ["kept"], "retained")
            try expectEqual(status.trimmed, 7, "trimmed")
            let all = try await context.reader.recover(channel)
            try expectEqual(all.messages.map(\.offset), [2, 8, 9, 10, 11, 12], "all that is kept")
            let after = try await context.reader.recover(
                channel, from: .after(Position(epoch: status.epoch, offset: 2)))
            try expectEqual(after.messages.map(\.offset), [8, 9, 10, 11, 12], "what is kept after the retained one")
        },
        ConformanceCase(
            "conflate-live",
            promise: "A conflated message takes an offset and is announced, but only the newest of its key is kept."
        ) { context in
            let channel = try context.channel()
            let key = try RetainKey("progress")
            let follower = try await context.reader.follow(channel)
            try await context.writer.publish(channel, "log 1")
            for percent in 1...50 { try await context.writer.publish(channel, "\(percent)", keeping: .conflated(key)) }
            try await context.writer.publish(channel, "log 2")
            let heard = try await follower.announcements(through: 52)
            try expectEqual(heard.map(\.message.offset), Array(1...52), "announced offsets")
            try expectEqual(heard.filter(\.conflated).map(\.message.offset), Array(2...51), "announced as conflated")
            let recovery = try await context.reader.recover(channel)
            try expectEqual(recovery.messages.map(\.offset), [1, 51, 52], "offsets kept")
            try expectEqual(recovery.messages.map(\.data), ["log 1", "50", "log 2"], "data kept")
        },
        ConformanceCase(
            "conflate-no-gap",
            promise: "Offsets that are missing because a conflated message was superseded are no gap."
        ) { context in
            let channel = try context.channel()
            let key = try RetainKey("progress")
            var epoch = Epoch.none
            for percent in 1...9 {
                epoch = try await context.writer.publish(channel, "\(percent)", keeping: .conflated(key)).position.epoch
            }
            let starts = [Position.origin] + (0...9).map { Position(epoch: epoch, offset: $0) }
            for start in starts {
                let recovery = try await context.reader.recover(channel, from: .after(start))
                try expectEqual(recovery.gap, nil, "gap after \(start)")
                try expectEqual([recovery.top, recovery.trimmed], [9, 0], "top and trimmed")
                try expectEqual(recovery.messages.map(\.offset), start.offset < 9 ? [9] : [], "kept after \(start)")
            }
        },
        ConformanceCase(
            "conflate-and-log",
            promise: "Logged and conflated messages of one key supersede one another; the log keeps what was logged."
        ) { context in
            let channel = try context.channel()
            let key = try RetainKey("state")
            try await context.writer.publish(channel, "logged 1", keeping: .loggedAndRetained(key))
            try await context.writer.publish(channel, "conflated 2", keeping: .conflated(key))
            try expectEqual(try await context.reader.status(channel).retained.map(\.offset), [2], "retained")
            try expectEqual(try await context.reader.recover(channel).messages.map(\.offset), [1, 2], "kept")
            try await context.writer.publish(channel, "logged 3", keeping: .loggedAndRetained(key))
            try expectEqual(try await context.reader.status(channel).retained.map(\.offset), [3], "retained")
            try expectEqual(try await context.reader.recover(channel).messages.map(\.offset), [1, 3], "kept")
        },
    ]
}
