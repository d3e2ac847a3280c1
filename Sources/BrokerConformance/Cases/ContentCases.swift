import BrokerCore

extension ConformanceSuite {
    static let content: [ConformanceCase] = [
        ConformanceCase(
            "content-fields",
            promise: "A message is recovered, retained and announced as it was published."
        ) { context in
            let channel = try context.channel()
            let key = try RetainKey("A-key_1.x:y")
            let follower = try await context.reader.follow(channel)
            let receipt = try await context.writer.publish(
                Publication(
                    channel: channel, event: try EventName("Build.step:1"), data: #"{"a": [1, 2.50, "é"]}"#,
                    format: .json, keeping: .loggedAndRetained(key)))
            let message = try require(try await context.reader.recover(channel).messages.first, "message")
            let expected = Message(
                channel: channel, epoch: receipt.position.epoch, offset: 1, event: try EventName("Build.step:1"),
                data: #"{"a": [1, 2.50, "é"]}"#, format: .json, time: message.time, retain: key)
            try expectEqual(message, expected, "recovered message")
            try expectEqual(try await context.reader.status(channel).retained, [expected], "retained messages")
            let heard = try await follower.announcements(through: 1)
            try expectEqual(heard, [Announcement(message: expected, conflated: false, closes: false)], "announcements")
        },
        ConformanceCase(
            "content-verbatim",
            promise: "Data is any UTF-8 text, and comes back byte for byte."
        ) { context in
            let channel = try context.channel()
            let texts = [
                "", " ", "\n", "a\r\nb\rc\n", "\t\"quoted\" \\ 'single' $1 %s {0} --;", "e\u{301} é \u{FEFF}",
                "😀 \u{2028}\u{10FFFF}", "nul \u{0} inside", "\u{1}\u{7F}",
                #"{ "b":1.0 , "a":"\u00e9", "b":1e400 }"#,
            ]
            let follower = try await context.reader.follow(channel)
            _ = try await context.writer.publish(texts.map { Publication(channel: channel, data: $0) }).map {
                try $0.get()
            }
            let recovered = try await context.reader.recover(channel).messages
            try expectEqual(recovered.map { Array($0.data.utf8) }, texts.map { Array($0.utf8) }, "recovered data")
            let heard = try await follower.announcements(through: UInt64(texts.count))
            try expectEqual(heard.map { Array($0.message.data.utf8) }, texts.map { Array($0.utf8) }, "announced data")
        },
        ConformanceCase(
            "content-large",
            promise: "A message of any size up to the limit is logged and announced whole, and in its turn."
        ) { context in
            let channel = try context.channel()
            let follower = try await context.reader.follow(channel)
            let sizes = [1, 7_000, 7_999, 8_000, 8_001, 20_000, 1, context.messageBytes, 3]
            let texts = sizes.enumerated().map { String(repeating: "\($0.offset)", count: $0.element) }
            _ = try await context.writer.publish(texts.map { Publication(channel: channel, data: $0) }).map {
                try $0.get()
            }
            let heard = try await follower.announcements(through: UInt64(sizes.count))
            try expectEqual(heard.map(\.message.data.utf8.count), sizes, "announced sizes")
            try expectEqual(heard.map(\.message.data), texts, "announced data")
            try expectEqual(try await context.reader.recover(channel).messages.map(\.data), texts, "recovered data")
        },
        ConformanceCase(
            "content-time",
            promise: "A message's time is in milliseconds since 1970, and the same wherever it is read."
        ) { context in
            let channel = try context.channel()
            let follower = try await context.reader.follow(channel)
            try await context.writer.publish(channel, "now", keeping: .loggedAndRetained(try RetainKey("k")))
            let time = try require(try await context.reader.recover(channel).messages.first, "message").time
            let plausible: ClosedRange<Int64> = 1_577_836_800_000...4_102_444_800_000
            try expect(plausible.contains(time), "the time \(time) is not between the years 2020 and 2100")
            try expectEqual(try await follower.announcements(through: 1).map(\.message.time), [time], "announced time")
            try expectEqual(try await context.reader.status(channel).retained.map(\.time), [time], "retained time")
        },
        ConformanceCase(
            "content-names",
            promise: "Names have every length and byte that their rules allow, and differ by the last byte or its case."
        ) { context in
            let filler = String(repeating: "n", count: ChannelName.maximumBytes - context.prefix().utf8.count - 1)
            let labels = [filler + "a", filler + "b", filler + "A", "_-=@,.;:/~+x", "_-=@,.;:/~+X"]
            let channels = try labels.map { try context.channel($0) }
            let followers = try await context.reader.follow(channels)
            let (event, key) = (String(repeating: "e", count: 64), String(repeating: "k", count: 64))
            for (channel, label) in zip(channels, labels) {
                try await context.writer.publish(
                    Publication(
                        channel: channel, event: try EventName(event), data: label,
                        keeping: .loggedAndRetained(try RetainKey(key)), expect: 0))
            }
            for (channel, (label, follower)) in zip(channels, zip(labels, followers)) {
                let recovered = try await context.reader.recover(channel).messages
                try expectEqual(recovered.map(\.data), [label], "log of \(channel)")
                try expectEqual(recovered.map(\.event.rawValue), [event], "event names of \(channel)")
                try expectEqual(recovered.map(\.retain?.rawValue), [key], "retain keys of \(channel)")
                try expectEqual(try await follower.announcements(through: 1).map(\.message), recovered, "announced")
            }
        },
    ]
}
