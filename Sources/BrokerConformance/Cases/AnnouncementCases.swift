import BrokerCore

extension ConformanceSuite {
    static let announcements: [ConformanceCase] = [
        ConformanceCase(
            "announce-all",
            promise:
                "What is published is announced once, in offset order, to each handle that has the channel attached."
        ) { context in
            let channel = try context.channel()
            let key = try RetainKey("progress")
            let followers = [try await context.writer.follow(channel), try await context.reader.follow(channel)]
            for index in 1...100 {
                let keeping: Keeping = index % 4 == 0 ? .conflated(key) : .logged
                try await context.handles[index % 2].publish(channel, "\(index)", keeping: keeping)
            }
            for follower in followers {
                let heard = try await follower.announcements(through: 100)
                try expectEqual(heard.map(\.message.offset), Array(1...100), "announced offsets")
                try expectEqual(heard.map(\.message.data), (1...100).map(String.init), "announced data")
            }
        },
        ConformanceCase(
            "announce-after-attach",
            promise: "What is published after attach has returned is never missed."
        ) { context in
            for index in 0..<50 {
                let channel = try context.channel("\(index)")
                let follower = try await context.reader.follow(channel)
                try await context.writer.publish(channel, "at once")
                try expectEqual(try await follower.announcements(through: 1).count, 1, "announcements")
            }
        },
        ConformanceCase(
            "announce-attach-twice",
            promise: "Attaching twice is attaching once."
        ) { context in
            let channel = try context.channel()
            let follower = try await context.reader.follow(channel)
            try await context.reader.broker.attach([channel, channel])
            try await context.writer.fill(channel, 3)
            let heard = try await follower.announcements(through: 3)
            try expectEqual(heard.map(\.message.offset), [1, 2, 3], "announced offsets")
        },
        ConformanceCase(
            "announce-attach-again",
            promise: "A channel that was detached can be attached again, and is heard from then on."
        ) { context in
            let channel = try context.channel()
            for round: UInt64 in 1...10 {
                let follower = try await context.reader.follow(channel)
                try await context.writer.publish(channel, "heard")
                let heard = try await follower.announcements(through: 2 * round - 1)
                try expectEqual(heard.last?.message.offset, 2 * round - 1, "offset heard in round \(round)")
                await context.reader.broker.detach([channel])
                context.reader.collector.forget(channel)
                try await context.writer.publish(channel, "not waited for")
            }
        },
        ConformanceCase(
            "announce-attached-only",
            promise: "A handle hears of the channels that it has attached, and of no others."
        ) { context in
            let (attached, other) = (try context.channel("attached"), try context.channel("other"))
            let silent = context.reader.overhear(other)
            let follower = try await context.reader.follow(attached)
            try await context.writer.fill(other, 20)
            try await context.writer.publish(attached, "sentinel")
            _ = try await follower.announcements(through: 1)
            // Attached only now, so that all it hears of is its own sentinel.
            try await context.reader.broker.attach([other])
            try await context.writer.publish(other, "sentinel")
            let heard = try await silent.announcements(through: 21)
            try expectEqual(heard.map(\.message.offset), [21], "heard of a channel that was not attached")
        },
        ConformanceCase(
            "announce-many-channels",
            promise: "A handle may attach many channels at once, and hears each message of each of them."
        ) { context in
            let channels = try (0..<300).map { try context.channel("\($0)") }
            let followers = try await context.reader.follow(channels)
            for _ in 0..<2 {
                _ = try await context.writer.publish(channels.map { Publication(channel: $0, data: $0.rawValue) })
                    .map { try $0.get() }
            }
            for (channel, follower) in zip(channels, followers) {
                let heard = try await follower.announcements(through: 2)
                try expectEqual(heard.map(\.message.data), [channel.rawValue, channel.rawValue], "heard of \(channel)")
            }
        },
        ConformanceCase(
            "announce-recoverable",
            promise: "A message that was announced can be recovered."
        ) { context in
            let channel = try context.channel()
            let follower = try await context.reader.follow(channel)
            for offset: UInt64 in 1...30 {
                async let receipt = context.writer.publish(channel, "\(offset)")
                let heard = try await follower.announcements(through: offset)
                let recovery = try await context.reader.recover(channel, from: .last(1))
                try expectEqual(
                    recovery.messages, heard.map(\.message), "recovered after offset \(offset) was announced")
                _ = try await receipt
            }
        },
        ConformanceCase(
            "ping",
            promise: "A ping is answered when a round trip through the broker arrives."
        ) { context in
            for handle in context.handles {
                try await Deadline.within(context.patience, waitingFor: "an answer to a ping") {
                    try await handle.broker.ping()
                }
            }
        },
    ]
}
