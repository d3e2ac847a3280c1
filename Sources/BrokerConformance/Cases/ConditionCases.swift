import BrokerCore

extension ConformanceSuite {
    static let conditions: [ConformanceCase] = [
        ConformanceCase(
            "expect-none",
            promise: "expect 0 publishes only if the key has no retained message; a conflict names the current offset."
        ) { context in
            let channel = try context.channel()
            let first = Publication(
                channel: channel, data: "first", keeping: .loggedAndRetained(try RetainKey("state")), expect: 0)
            try await context.writer.publish(channel, "before")
            try expectEqual(try await context.writer.publish(first).position.offset, 2, "offset")
            try expectEqual(try await context.reader.refusal(of: first), .conflict(current: 2), "refusal")
            try expectEqual(try await context.reader.status(channel).top, 2, "top")
        },
        ConformanceCase(
            "expect-version",
            promise: "expect V publishes only if the retained message of the key has offset V, as a number."
        ) { context in
            let channel = try context.channel()
            let key = try RetainKey("state")
            func publication(_ version: UInt64, conflated: Bool = false) -> Publication {
                let keeping: Keeping = conflated ? .conflated(key) : .loggedAndRetained(key)
                return Publication(channel: channel, data: "after \(version)", keeping: keeping, expect: version)
            }
            let missing = try await context.writer.refusal(of: publication(1))
            try expectEqual(missing, .conflict(current: 0), "refusal where there is none")
            for version: UInt64 in 0..<12 {
                let receipt = try await context.writer.publish(publication(version, conflated: version % 2 == 1))
                try expectEqual(receipt.position.offset, version + 1, "offset")
            }
            for wrong: UInt64 in [0, 1, 2, 11, 13, 120] {
                let refusal = try await context.reader.refusal(of: publication(wrong))
                try expectEqual(refusal, .conflict(current: 12), "refusal of expect \(wrong)")
            }
        },
        ConformanceCase(
            "expect-own-key",
            promise: "expect looks at the publication's own key, and at nothing else of the channel."
        ) { context in
            let channel = try context.channel()
            let (state, note) = (try RetainKey("state"), try RetainKey("note"))
            try await context.writer.publish(channel, "s", keeping: .loggedAndRetained(state))
            try await context.writer.fill(channel, 3)
            try await context.writer.publish(
                Publication(channel: channel, data: "n", keeping: .loggedAndRetained(note), expect: 0))
            try await context.writer.publish(
                Publication(channel: channel, data: "s2", keeping: .loggedAndRetained(state), expect: 1))
            try expectEqual(try await context.reader.status(channel).retained.map(\.offset), [5, 6], "retained")
        },
        ConformanceCase(
            "expect-outlives-log",
            promise: "expect holds for a retained message that retention has removed from the log."
        ) { context in
            let channel = try context.channel(in: .few)
            let next = Publication(
                channel: channel, data: "state", keeping: .loggedAndRetained(try RetainKey("state")), expect: 1)
            try await context.writer.publish(channel, "s", keeping: next.keeping)
            try await context.writer.fill(channel, 20)
            try expectEqual(try await context.writer.publish(next).position.offset, 22, "offset")
        },
        ConformanceCase(
            "expect-without-key",
            promise: "expect without a retain key has no meaning, and is refused."
        ) { context in
            let channel = try context.channel()
            let publication = Publication(channel: channel, data: "x", expect: 0)
            try expectEqual(try await context.writer.refusal(of: publication), .expectWithoutKey, "refusal")
            try expectEqual(try await context.reader.broker.inspect(channel), nil, "channel after the refusal")
        },
        ConformanceCase(
            "condition-order",
            promise: "Conditions are checked in the order closed, fence, expect, size; the first that fails is told."
        ) { context in
            let channel = try context.channel()
            let key = try RetainKey("state")
            try await context.writer.publish(
                Publication(channel: channel, data: "x", keeping: .loggedAndRetained(key), fence: 5))
            let large = String(repeating: "x", count: context.messageBytes + 1)
            var wrong = Publication(
                channel: channel, data: large, keeping: .loggedAndRetained(key), expect: 9, fence: 4)
            try expectEqual(
                try await context.writer.refusal(of: wrong), .fenced(highest: 5), "refusal before the close")
            wrong.fence = 5
            try expectEqual(try await context.writer.refusal(of: wrong), .conflict(current: 1), "refusal of expect")
            wrong.expect = 1
            try expectEqual(
                try await context.writer.refusal(of: wrong),
                .tooLarge(bytes: context.messageBytes + 1, limit: context.messageBytes), "refusal of the size")
            try await context.writer.publish(Publication(channel: channel, data: "last", closes: true))
            (wrong.fence, wrong.expect) = (4, 9)
            try expectEqual(try await context.writer.refusal(of: wrong), .closed(top: 2), "refusal after the close")
            wrong.fence = 6
            try expectEqual(
                try await context.writer.refusal(of: wrong), .conflict(current: 1), "refusal with a higher fence")
            try expect(try await context.reader.status(channel).closed, "a refused publication has opened the channel")
        },
    ]
}
