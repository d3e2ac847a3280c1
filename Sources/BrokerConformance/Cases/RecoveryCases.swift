import BrokerCore

extension ConformanceSuite {
    static let recovery: [ConformanceCase] = [
        ConformanceCase(
            "recover-starts",
            promise:
                "A reader starts from the earliest, the latest, the last N, or a position, and is told where that is."
        ) { context in
            let channel = try context.channel()
            let epoch = try await context.writer.fill(channel, 10)[0].position.epoch
            func offsets(from start: Start, startingAt offset: UInt64) async throws -> [UInt64] {
                let recovery = try await context.reader.recover(channel, from: start)
                try expectEqual(recovery.start, Position(epoch: epoch, offset: offset), "start of \(start)")
                try expect(recovery.gap == nil && recovery.reachesTop, "\(start) gave \(recovery)")
                try expectEqual([recovery.top, recovery.trimmed], [10, 0], "top and trimmed")
                return recovery.messages.map(\.offset)
            }
            try expectEqual(try await offsets(from: .earliest, startingAt: 0), Array(1...10), "earliest")
            try expectEqual(try await offsets(from: .latest, startingAt: 10), [], "latest")
            try expectEqual(try await offsets(from: .last(3), startingAt: 7), [8, 9, 10], "last 3")
            try expectEqual(try await offsets(from: .last(10), startingAt: 0), Array(1...10), "last 10")
            try expectEqual(try await offsets(from: .last(99), startingAt: 0), Array(1...10), "last 99")
            for offset: UInt64 in 0...10 {
                let position = Position(epoch: epoch, offset: offset)
                let found = try await offsets(from: .after(position), startingAt: offset)
                try expectEqual(found, Array((offset + 1)..<11), "after \(position)")
            }
        },
        ConformanceCase(
            "recover-absent",
            promise: "A channel that does not exist is empty; every start but a position of another life is complete."
        ) { context in
            let channel = try context.channel()
            for start in [Start.earliest, .latest, .last(5), .after(.origin)] {
                let recovery = try await context.reader.recover(channel, from: start)
                let empty = Recovery(
                    epoch: .none, top: 0, trimmed: 0, closed: false, gap: nil, start: .origin, messages: [],
                    reachesTop: true)
                try expectEqual(recovery, empty, "recovery from \(start)")
            }
            let gone = Position(epoch: .random(), offset: 3)
            let gap = try await context.reader.recover(channel, from: .after(gone)).gap
            try expectEqual(gap, Gap(asked: gone, epoch: .none, haveFrom: 1, reason: .epoch), "gap")
            try expectEqual(try await context.reader.broker.inspect(channel), nil, "channel after it was read")
        },
        ConformanceCase(
            "recover-origin",
            promise: "0:0 is before the first message of any epoch: complete if nothing has been trimmed, else a gap."
        ) { context in
            let channel = try context.channel(in: .few)
            try await context.writer.fill(channel, 5)
            let whole = try await context.reader.recover(channel, from: .after(.origin))
            try expectEqual(whole.gap, nil, "gap before anything is trimmed")
            try expectEqual(whole.messages.map(\.offset), Array(1...5), "messages before anything is trimmed")
            try await context.writer.publish(channel, "6")
            let rest = try await context.reader.recover(channel, from: .after(.origin))
            let gap = Gap(asked: .origin, epoch: rest.epoch, haveFrom: 2, reason: .trimmed)
            try expectEqual(rest.gap, gap, "gap after one is trimmed")
            try expectEqual(rest.messages.map(\.offset), Array(2...6), "messages after one is trimmed")
        },
        ConformanceCase(
            "recover-trimmed",
            promise: "A position below what retention has removed is a gap that says from where nothing is missing."
        ) { context in
            let channel = try context.channel(in: .few)
            let epoch = try await context.writer.fill(channel, 12)[0].position.epoch
            for offset: UInt64 in 0...6 {
                let asked = Position(epoch: epoch, offset: offset)
                let recovery = try await context.reader.recover(channel, from: .after(asked))
                let gap = Gap(asked: asked, epoch: epoch, haveFrom: 8, reason: .trimmed)
                try expectEqual(recovery.gap, gap, "gap after \(asked)")
                try expectEqual(recovery.messages.map(\.offset), Array(8...12), "messages after \(asked)")
                try expectEqual(recovery.trimmed, 7, "trimmed")
            }
            let asked = Position(epoch: epoch, offset: 7)
            let recovery = try await context.reader.recover(channel, from: .after(asked))
            try expectEqual(recovery.gap, nil, "gap after the highest that was trimmed")
            try expectEqual(recovery.messages.map(\.offset), Array(8...12), "messages after \(asked)")
            try expectEqual(try await context.reader.recover(channel).gap, nil, "gap of earliest")
        },
        ConformanceCase(
            "recover-other-epoch",
            promise: "A position of another epoch is a gap, and brings all that is kept."
        ) { context in
            let channel = try context.channel(in: .few)
            let epoch = try await context.writer.fill(channel, 8)[0].position.epoch
            for offset: UInt64 in [0, 4, 8, 99] {
                let asked = Position(epoch: .random(), offset: offset)
                let recovery = try await context.reader.recover(channel, from: .after(asked))
                let gap = Gap(asked: asked, epoch: epoch, haveFrom: 4, reason: .epoch)
                try expectEqual(recovery.gap, gap, "gap after \(asked)")
                try expectEqual(recovery.messages.map(\.offset), Array(4...8), "messages after \(asked)")
            }
        },
        ConformanceCase(
            "recover-future",
            promise: "A position above the top is a gap, and brings all that is kept."
        ) { context in
            let channel = try context.channel()
            let epoch = try await context.writer.fill(channel, 3)[0].position.epoch
            for offset: UInt64 in [4, 5, Position.maximumOffset] {
                let asked = Position(epoch: epoch, offset: offset)
                let recovery = try await context.reader.recover(channel, from: .after(asked))
                let gap = Gap(asked: asked, epoch: epoch, haveFrom: 1, reason: .future)
                try expectEqual(recovery.gap, gap, "gap after \(asked)")
                try expectEqual(recovery.messages.map(\.offset), [1, 2, 3], "messages after \(asked)")
            }
        },
        ConformanceCase(
            "recover-last-retained",
            promise: "The last N are N of the log, and what is retained after the first of them."
        ) { context in
            let channel = try context.channel()
            let (early, late) = (try RetainKey("early"), try RetainKey("late"))
            try await context.writer.publish(channel, "early", keeping: .conflated(early))
            try await context.writer.fill(channel, 4)
            try await context.writer.publish(channel, "late", keeping: .conflated(late))
            try await context.writer.publish(channel, "end")
            let two = try await context.reader.recover(channel, from: .last(2))
            try expectEqual(two.messages.map(\.offset), [5, 6, 7], "the last two")
            let one = try await context.reader.recover(channel, from: .last(1))
            try expectEqual(one.messages.map(\.offset), [7], "the last one")
        },
        ConformanceCase(
            "recover-return",
            promise: "A reader that leaves before the first message comes back with the start, and gets the same."
        ) { context in
            let channel = try context.channel()
            try await context.writer.publish(channel, "state", keeping: .loggedAndRetained(try RetainKey("state")))
            try await context.writer.fill(channel, 6)
            for start in [Start.earliest, .latest, .last(2), .after(.origin)] {
                let first = try await context.reader.recover(channel, from: start)
                try await context.writer.publish(channel, "meanwhile")
                let second = try await context.reader.recover(channel, from: .after(first.start))
                try expectEqual(second.gap, nil, "gap of the return to \(start)")
                try expectEqual(second.messages.dropLast(), first.messages[...], "messages of the return to \(start)")
            }
        },
    ]
}
