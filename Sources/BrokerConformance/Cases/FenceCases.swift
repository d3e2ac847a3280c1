import BrokerCore

extension ConformanceSuite {
    static let fences: [ConformanceCase] = [
        ConformanceCase(
            "fence-lower",
            promise: "A fence below the highest that the channel has seen is refused, and told that highest."
        ) { context in
            let channel = try context.channel()
            func publication(_ fence: UInt64) -> Publication { Publication(channel: channel, data: "x", fence: fence) }
            for fence: UInt64 in [0, 1, 1, 9, 10, 10, 100] {
                try await context.writer.publish(publication(fence))
                try expectEqual(try await context.reader.status(channel).fence, fence, "the channel's fence")
            }
            for fence: UInt64 in [0, 9, 99] {
                let refusal = try await context.reader.refusal(of: publication(fence))
                try expectEqual(refusal, .fenced(highest: 100), "refusal of fence \(fence)")
            }
            try expectEqual(try await context.reader.status(channel).top, 7, "top")
        },
        ConformanceCase(
            "fence-none",
            promise: "A publication without a fence is not held back by one, and does not lower it."
        ) { context in
            let channel = try context.channel()
            try await context.writer.publish(channel, "before")
            try expectEqual(try await context.reader.status(channel).fence, nil, "fence before any")
            try await context.writer.publish(Publication(channel: channel, data: "fenced", fence: 7))
            try await context.writer.publish(channel, "free")
            try expectEqual(try await context.reader.status(channel).fence, 7, "fence")
            let zombie = Publication(channel: channel, data: "zombie", fence: 6)
            try expectEqual(try await context.writer.refusal(of: zombie), .fenced(highest: 7), "refusal")
        },
        ConformanceCase(
            "fence-refused",
            promise: "A publication that is refused for another reason does not raise the fence."
        ) { context in
            let channel = try context.channel()
            try await context.writer.publish(Publication(channel: channel, data: "x", fence: 2))
            let wrong = Publication(
                channel: channel, data: "x", keeping: .loggedAndRetained(try RetainKey("k")), expect: 9, fence: 3)
            _ = try await context.writer.refusal(of: wrong)
            try expectEqual(try await context.reader.status(channel).fence, 2, "fence")
            try await context.writer.publish(Publication(channel: channel, data: "y", fence: 2))
        },
        ConformanceCase(
            "fence-outlives-log",
            promise: "The fence lives as long as the channel, whatever retention removes from the log."
        ) { context in
            let channel = try context.channel(in: .few)
            try await context.writer.publish(Publication(channel: channel, data: "x", fence: 4))
            try await context.writer.fill(channel, 20)
            let zombie = Publication(channel: channel, data: "zombie", fence: 3)
            try expectEqual(try await context.writer.refusal(of: zombie), .fenced(highest: 4), "refusal")
        },
    ]

    static let closing: [ConformanceCase] = [
        ConformanceCase(
            "close-last",
            promise: "A closing message is the last: it is announced as such, and what follows is refused."
        ) { context in
            let channel = try context.channel()
            let follower = try await context.reader.follow(channel)
            try await context.writer.publish(channel, "line")
            try await context.writer.publish(Publication(channel: channel, data: "end", closes: true))
            let late = Publication(channel: channel, data: "late")
            for handle in context.handles {
                try expectEqual(try await handle.refusal(of: late), .closed(top: 2), "refusal")
            }
            let heard = try await follower.announcements(through: 2)
            try expectEqual(heard.map(\.closes), [false, true], "announced as the last")
            let (status, recovery) = (
                try await context.reader.status(channel), try await context.reader.recover(channel)
            )
            try expect(status.closed && recovery.closed, "the closed mark is missing")
            try expectEqual(recovery.messages.map(\.data), ["line", "end"], "log")
        },
        ConformanceCase(
            "close-first",
            promise: "The first message of a channel may close it, conflated or not."
        ) { context in
            let key = try RetainKey("k")
            for (label, keeping) in [("logged", Keeping.logged), ("conflated", .conflated(key))] {
                let channel = try context.channel(label)
                try await context.writer.publish(
                    Publication(channel: channel, data: "only", keeping: keeping, closes: true))
                let late = Publication(channel: channel, data: "late")
                try expectEqual(try await context.reader.refusal(of: late), .closed(top: 1), "refusal")
            }
        },
        ConformanceCase(
            "close-reopen",
            promise: "A higher fence opens a closed channel again; the same fence does not."
        ) { context in
            let channel = try context.channel()
            let end = try await context.writer.publish(
                Publication(channel: channel, data: "end", fence: 1, closes: true))
            let same = Publication(channel: channel, data: "zombie", fence: 1)
            try expectEqual(try await context.writer.refusal(of: same), .closed(top: 1), "refusal of the same fence")
            let again = try await context.writer.publish(Publication(channel: channel, data: "again", fence: 2))
            try expectEqual(again.position, Position(epoch: end.position.epoch, offset: 2), "position")
            try expect(try await !context.reader.status(channel).closed, "the channel is still closed")
            try await context.writer.publish(channel, "goes on")
            try await context.writer.publish(Publication(channel: channel, data: "end", fence: 3, closes: true))
            try expect(try await context.reader.recover(channel).closed, "the channel is not closed again")
        },
        ConformanceCase(
            "close-reopen-unfenced",
            promise: "Any fence is higher than none: it opens a channel that has seen no fence."
        ) { context in
            let channel = try context.channel()
            try await context.writer.publish(Publication(channel: channel, data: "end", closes: true))
            let receipt = try await context.writer.publish(
                Publication(channel: channel, data: "more", fence: 1, closes: true))
            try expectEqual(receipt.position.offset, 2, "offset")
            let status = try await context.reader.status(channel)
            try expect(status.closed && status.fence == 1, "after a second close the channel has \(status)")
        },
        ConformanceCase(
            "close-outlives-log",
            promise: "The closed mark lives as long as the channel, and reading does not lift it."
        ) { context in
            let channel = try context.channel(in: .few)
            try await context.writer.fill(channel, 9)
            try await context.writer.publish(Publication(channel: channel, data: "end", closes: true))
            let recovery = try await context.reader.recover(channel, from: .latest)
            try expect(recovery.closed && recovery.messages.isEmpty, "the recovery is \(recovery)")
            let late = Publication(channel: channel, data: "late")
            try expectEqual(try await context.writer.refusal(of: late), .closed(top: 10), "refusal")
        },
    ]
}
