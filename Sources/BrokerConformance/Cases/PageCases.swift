import BrokerCore

extension ConformanceSuite {
    static let pages: [ConformanceCase] = [
        ConformanceCase(
            "page-messages",
            promise: "A recovery ends with its bound of messages, and the next begins after its last."
        ) { context in
            let channel = try context.channel()
            try await context.writer.fill(channel, 10)
            for size in [1, 3, 5, 10, 11] {
                let pages = try await pages(of: channel, limit: RecoveryLimit(messages: size, bytes: .max), in: context)
                let sizes = pages.map(\.messages.count).filter { $0 > 0 }
                let whole = Array(repeating: size, count: 10 / size) + (10 % size == 0 ? [] : [10 % size])
                try expectEqual(sizes, whole, "messages of each page of \(size)")
                try expectEqual(pages.flatMap(\.messages).map(\.offset), Array(1...10), "pages of \(size) together")
            }
        },
        ConformanceCase(
            "page-bytes",
            promise: "A recovery ends with its bound of bytes, but brings at least one message."
        ) { context in
            let channel = try context.channel()
            let sizes = [10, 10, 10, 500, 10, 20]
            for size in sizes { try await context.writer.publish(channel, String(repeating: "x", count: size)) }
            let limit = RecoveryLimit(messages: .max, bytes: 30)
            let pages = try await pages(of: channel, limit: limit, in: context)
            let found = pages.map { $0.messages.map(\.data.utf8.count) }.filter { !$0.isEmpty }
            try expectEqual(found, [[10, 10, 10], [500], [10, 20]], "bytes of each page")
        },
        ConformanceCase(
            "page-top",
            promise: "A recovery says whether it reaches the top, and where its reader then stands."
        ) { context in
            let channel = try context.channel()
            let epoch = try await context.writer.fill(channel, 4)[0].position.epoch
            let limit = RecoveryLimit(messages: 3, bytes: .max)
            let first = try await context.reader.recover(channel, from: .earliest, limit: limit)
            try expect(!first.reachesTop, "a recovery that was cut says that it reaches the top")
            try expectEqual(first.end, Position(epoch: epoch, offset: 3), "end of the first page")
            let rest = try await context.reader.recover(channel, from: .after(first.end), limit: limit)
            try expect(rest.reachesTop, "the last page does not say that it reaches the top")
            try expectEqual(rest.end, Position(epoch: epoch, offset: 4), "end of the last page")
            try expectEqual([first.top, rest.top], [4, 4], "top")
        },
        ConformanceCase(
            "page-retained",
            promise: "Logged and retained messages come in one offset order, in pages as in one piece."
        ) { context in
            let channel = try context.channel()
            for index in 0..<30 {
                let keeping: Keeping = index % 3 == 0 ? .conflated(try RetainKey("k\(index % 5)")) : .logged
                try await context.writer.publish(channel, "\(index)", keeping: keeping)
            }
            let whole = try await context.reader.recover(channel).messages
            try expectEqual(whole.map(\.offset), whole.map(\.offset).sorted(), "offsets in order")
            try expectEqual(whole.count, 25, "20 logged and 5 retained messages")
            for size in [1, 2, 7] {
                let pages = try await pages(of: channel, limit: RecoveryLimit(messages: size, bytes: .max), in: context)
                try expectEqual(pages.flatMap(\.messages), whole, "pages of \(size) together")
            }
        },
        ConformanceCase(
            "page-trimmed",
            promise: "Pages of a trimmed channel follow one another without a gap, however small they are."
        ) { context in
            let channel = try context.channel(in: .few)
            for index in 0..<4 {
                try await context.writer.publish(
                    channel, "r\(index)", keeping: .loggedAndRetained(try RetainKey("k\(index)")))
            }
            try await context.writer.fill(channel, 20)
            let whole = try await context.reader.recover(channel).messages
            try expectEqual(whole.map(\.offset), [1, 2, 3, 4, 20, 21, 22, 23, 24], "all that is kept")
            for size in [1, 2, 5] {
                let pages = try await pages(of: channel, limit: RecoveryLimit(messages: size, bytes: .max), in: context)
                try expectEqual(pages.flatMap(\.messages), whole, "pages of \(size) together")
            }
        },
    ]

    /// All that is kept, page after page, each of them complete and none of them empty but the last.
    private static func pages(
        of channel: ChannelName, limit: RecoveryLimit, in context: ConformanceContext
    ) async throws -> [Recovery] {
        var pages = [try await context.reader.recover(channel, from: .earliest, limit: limit)]
        while let last = pages.last, !last.reachesTop {
            try expect(!last.messages.isEmpty, "a page that does not reach the top is empty")
            pages.append(try await context.reader.recover(channel, from: .after(last.end), limit: limit))
            try expectEqual(pages.last?.gap, nil, "gap after \(last.end)")
        }
        return pages
    }
}
