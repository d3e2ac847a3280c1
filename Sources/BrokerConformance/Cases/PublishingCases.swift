import BrokerCore

extension ConformanceSuite {
    static let publishing: [ConformanceCase] = [
        ConformanceCase(
            "publish-first",
            promise: "A channel comes to be with its first message, which has offset 1."
        ) { context in
            let channel = try context.channel()
            try expectEqual(try await context.reader.broker.inspect(channel), nil, "status before the first message")
            let receipt = try await context.writer.publish(channel, "one")
            let status = try await context.reader.status(channel)
            try expectEqual(receipt, Receipt(position: Position(epoch: status.epoch, offset: 1)), "receipt")
            try expect(status.epoch != .none, "the channel's epoch is that of a channel that does not exist")
            try expectEqual([status.top, status.trimmed], [1, 0], "top and trimmed")
            try expect(!status.closed && status.fence == nil && status.retained.isEmpty, "a new channel has \(status)")
        },
        ConformanceCase(
            "publish-offsets",
            promise: "Offsets are 1, 2, 3 … without holes in the order of publication, whichever handle publishes."
        ) { context in
            let channel = try context.channel()
            let key = try RetainKey("progress")
            let keepings: [Keeping] = [.logged, .loggedAndRetained(key), .conflated(key)]
            for index in 0..<60 {
                let handle = context.handles[index % 2]
                let receipt = try await handle.publish(channel, "\(index)", keeping: keepings[index % 3])
                try expectEqual(receipt.position.offset, UInt64(index + 1), "offset of publication \(index + 1)")
            }
            try expectEqual(try await context.reader.status(channel).top, 60, "top")
        },
        ConformanceCase(
            "publish-batch",
            promise: "A batch is published in order, each publication for itself, and answered in the same order."
        ) { context in
            let (first, second) = (try context.channel("first"), try context.channel("second"))
            let key = try RetainKey("state")
            let answers = try await context.writer.publish([
                Publication(channel: first, data: "a", keeping: .loggedAndRetained(key), expect: 0),
                Publication(channel: second, data: "b"),
                Publication(channel: first, data: "c", keeping: .loggedAndRetained(key), expect: 0),
                Publication(channel: first, data: "d", keeping: .loggedAndRetained(key), expect: 1),
                Publication(channel: second, data: "e", closes: true),
                Publication(channel: second, data: "f"),
                Publication(channel: first, data: "g"),
            ])
            let found = answers.map { $0.map(\.position.offset) }
            let expected: [Result<UInt64, BrokerError>] = [
                .success(1), .success(1), .failure(.conflict(current: 1)), .success(2), .success(2),
                .failure(.closed(top: 2)), .success(3),
            ]
            try expectEqual(found, expected, "answers")
            try expectEqual(try await context.reader.recover(first).messages.map(\.data), ["a", "d", "g"], "first log")
            try expectEqual(try await context.reader.recover(second).messages.map(\.data), ["b", "e"], "second log")
        },
        ConformanceCase(
            "publish-refused",
            promise: "A refused publication changes nothing, and is not announced."
        ) { context in
            let channel = try context.channel()
            let key = try RetainKey("state")
            let follower = try await context.reader.follow(channel)
            try await context.writer.publish(
                Publication(channel: channel, data: "kept", keeping: .loggedAndRetained(key), fence: 5))
            let (before, log) = (try await context.reader.status(channel), try await context.reader.recover(channel))
            let refused = [
                Publication(channel: channel, data: "x", keeping: .conflated(key), expect: 7, fence: 9),
                Publication(channel: channel, data: "x", keeping: .loggedAndRetained(key), fence: 4, closes: true),
                Publication(channel: channel, data: "x", expect: 1, fence: 9, closes: true),
                Publication(channel: channel, data: String(repeating: "x", count: context.messageBytes + 1), fence: 9),
            ]
            for publication in refused { _ = try await context.writer.refusal(of: publication) }
            try expectEqual(try await context.reader.status(channel), before, "status after refusals")
            try expectEqual(try await context.reader.recover(channel), log, "log after refusals")
            try expectEqual(try await context.writer.publish(channel, "sentinel").position.offset, 2, "next offset")
            let heard = try await follower.announcements(through: 2)
            try expectEqual(heard.map(\.message.data), ["kept", "sentinel"], "announcements")
        },
        ConformanceCase(
            "publish-apart",
            promise: "Channels share nothing: not messages, retained keys, fences, closed marks or epochs."
        ) { context in
            let (first, second) = (try context.channel("first"), try context.channel("second"))
            let key = try RetainKey("state")
            let followers = try await context.reader.follow([first, second])
            try await context.writer.publish(
                Publication(channel: first, data: "a", keeping: .loggedAndRetained(key), fence: 3, closes: true))
            try await context.writer.publish(
                Publication(channel: second, data: "b", keeping: .loggedAndRetained(key), expect: 0, fence: 1))
            try await context.writer.publish(
                Publication(channel: first, data: "c", keeping: .loggedAndRetained(key), fence: 4))
            try expectEqual(try await followers[1].announcements(through: 1).map(\.message.data), ["b"], "second hears")
            try expectEqual(
                try await followers[0].announcements(through: 2).map(\.message.data), ["a", "c"], "first hears")
            try expectEqual(try await context.reader.recover(first).messages.map(\.data), ["a", "c"], "first log")
            let status = try await context.reader.status(second)
            try expectEqual(status.retained.map(\.data), ["b"], "what the second retains")
            try expect(!status.closed && status.fence == 1 && status.top == 1, "the second channel has \(status)")
            try expect(try await context.reader.status(first).epoch != status.epoch, "two channels have one epoch")
        },
    ]
}
