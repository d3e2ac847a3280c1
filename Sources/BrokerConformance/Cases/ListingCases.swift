import BrokerCore

extension ConformanceSuite {
    static let listing: [ConformanceCase] = [
        ConformanceCase(
            "list-summary",
            promise: "The list has a line for each channel, with its epoch, its top, and whether it is closed."
        ) { context in
            let (open, closed) = (try context.channel("open"), try context.channel("closed"))
            let epoch = try await context.writer.fill(open, 3)[0].position.epoch
            let end = try await context.writer.publish(Publication(channel: closed, data: "end", closes: true)).position
            let expected = [
                ChannelSummary(channel: closed, epoch: end.epoch, top: 1, closed: true),
                ChannelSummary(channel: open, epoch: epoch, top: 3, closed: false),
            ]
            let found = try await context.reader.broker.list(ChannelQuery(prefix: context.prefix()))
            try expectEqual(found, expected, "list")
        },
        ConformanceCase(
            "list-order",
            promise: "The list is in the byte order of the names."
        ) { context in
            let labels = [
                "a", "B", "b", "A", "_", "-", "~", "+", "a-b", "ab", "a_b", "a:b", "10", "9", "=", "@", ",", ".", ";",
                "/",
            ]
            for label in labels { try await context.writer.publish(try context.channel(label), "x") }
            let sorted = labels.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            let prefix = context.prefix()
            let found = try await context.reader.broker.list(ChannelQuery(prefix: prefix))
            try expectEqual(found.map { String($0.channel.rawValue.dropFirst(prefix.count)) }, sorted, "labels")
        },
        ConformanceCase(
            "list-pages",
            promise: "Pages of the list follow one another without a channel lost or doubled."
        ) { context in
            let channels = try (0..<25).map { try context.channel("\($0)") }
            _ = try await context.writer.publish(channels.map { Publication(channel: $0, data: "x") }).map {
                try $0.get()
            }
            for limit in [1, 4, 25, 30] {
                var found: [ChannelName] = []
                var page: [ChannelSummary]
                repeat {
                    let query = ChannelQuery(prefix: context.prefix(), after: found.last, limit: limit)
                    page = try await context.reader.broker.list(query)
                    try expect(page.count <= limit, "a page of \(limit) has \(page.count) channels")
                    found += page.map(\.channel)
                } while !page.isEmpty && found.count <= channels.count
                try expectEqual(found, channels.sorted(), "pages of \(limit) together")
            }
        },
        ConformanceCase(
            "list-prefix",
            promise: "A prefix is taken byte for byte: no byte of it is a pattern, and its case counts."
        ) { context in
            for label in ["a_b", "axb", "Axb", "a.b"] {
                try await context.writer.publish(try context.channel(label), "x")
            }
            func labels(_ suffix: String) async throws -> [String] {
                let query = ChannelQuery(prefix: context.prefix() + suffix)
                return try await context.reader.broker.list(query).map {
                    String($0.channel.rawValue.dropFirst(context.prefix().count))
                }
            }
            try expectEqual(try await labels("a"), ["a.b", "a_b", "axb"], "labels with a")
            try expectEqual(try await labels("a_"), ["a_b"], "labels with a_")
            try expectEqual(try await labels("a."), ["a.b"], "labels with a.")
            try expectEqual(try await labels("axb"), ["axb"], "labels with axb")
            for pattern in ["*", "?", "a?", "[a]", "%", "a%", "\\a", "'", "é"] {
                try expectEqual(try await labels(pattern), [], "labels with \(pattern)")
            }
        },
    ]

    static let limits: [ConformanceCase] = [
        ConformanceCase(
            "limit-message-bytes",
            promise: "Data of the limit's size is taken; a byte more, not a character, is refused with both sizes."
        ) { context in
            let channel = try context.channel()
            let limit = context.messageBytes
            try await context.writer.publish(channel, String(repeating: "x", count: limit))
            try await context.writer.publish(channel, String(repeating: "é", count: limit / 2))
            for (text, bytes) in [("x", limit + 1), ("é", limit + 2)] {
                let data = String(repeating: text, count: bytes / text.utf8.count)
                let refusal = try await context.writer.refusal(of: Publication(channel: channel, data: data))
                try expectEqual(refusal, .tooLarge(bytes: bytes, limit: limit), "refusal of \(bytes) bytes")
            }
            try expectEqual(
                try await context.reader.recover(channel).messages.map(\.data.utf8.count), [limit, limit], "log")
        },
        ConformanceCase(
            "limit-first-message",
            promise: "A channel does not come to be by a message that is refused."
        ) { context in
            let channel = try context.channel()
            let large = Publication(channel: channel, data: String(repeating: "x", count: context.messageBytes + 1))
            _ = try await context.writer.refusal(of: large)
            try expectEqual(try await context.reader.broker.inspect(channel), nil, "status")
            try expectEqual(try await context.reader.broker.list(ChannelQuery(prefix: context.prefix())), [], "list")
        },
    ]
}
