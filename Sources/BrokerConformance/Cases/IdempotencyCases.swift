import BrokerCore

extension ConformanceSuite {
    static let idempotency: [ConformanceCase] = [
        ConformanceCase(
            "idempotency-repeat",
            promise: "The same key on the same channel answers with the first position, and publishes nothing."
        ) { context in
            let channel = try context.channel()
            let follower = try await context.reader.follow(channel)
            let publication = Publication(channel: channel, data: "once", idempotencyKey: try IdempotencyKey("k1"))
            let first = try await context.writer.publish(publication)
            try expect(!first.duplicate, "the first publication was answered as a duplicate")
            try await context.writer.publish(channel, "between")
            for handle in context.handles {
                let again = try await handle.publish(publication)
                try expectEqual(again, Receipt(position: first.position, duplicate: true), "receipt of the repetition")
            }
            try expectEqual(try await context.writer.publish(channel, "sentinel").position.offset, 3, "next offset")
            let heard = try await follower.announcements(through: 3)
            try expectEqual(heard.map(\.message.data), ["once", "between", "sentinel"], "announcements")
            let log = try await context.reader.recover(channel).messages
            try expectEqual(log.map(\.data), ["once", "between", "sentinel"], "log")
        },
        ConformanceCase(
            "idempotency-batch",
            promise: "A key that comes twice in one batch publishes once."
        ) { context in
            let channel = try context.channel()
            let publication = Publication(channel: channel, data: "once", idempotencyKey: try IdempotencyKey("k"))
            let receipts = try await context.writer.publish([publication, publication]).map { try $0.get() }
            try expectEqual(receipts.map(\.position.offset), [1, 1], "offsets")
            try expectEqual(receipts.map(\.duplicate), [false, true], "duplicates")
        },
        ConformanceCase(
            "idempotency-first",
            promise: "The key comes before every condition: a repetition is answered whatever else it says."
        ) { context in
            let channel = try context.channel()
            let key = try IdempotencyKey("k")
            let first = try await context.writer.publish(
                Publication(channel: channel, data: "first", fence: 5, closes: true, idempotencyKey: key))
            let large = String(repeating: "x", count: context.messageBytes + 1)
            let repetitions = [
                Publication(channel: channel, data: "closed", idempotencyKey: key),
                Publication(channel: channel, data: "low fence", fence: 1, idempotencyKey: key),
                Publication(channel: channel, data: "no key", expect: 7, fence: 9, idempotencyKey: key),
                Publication(channel: channel, data: large, fence: 9, idempotencyKey: key),
            ]
            for repetition in repetitions {
                let receipt = try await context.reader.publish(repetition)
                try expectEqual(receipt, Receipt(position: first.position, duplicate: true), "receipt")
            }
            let status = try await context.reader.status(channel)
            try expect(
                status.closed && status.fence == 5 && status.top == 1, "repetitions have changed it to \(status)")
        },
        ConformanceCase(
            "idempotency-refused",
            promise: "A refused publication does not use its key up."
        ) { context in
            let channel = try context.channel()
            var publication = Publication(
                channel: channel, data: "x", keeping: .loggedAndRetained(try RetainKey("state")), expect: 3,
                idempotencyKey: try IdempotencyKey("k"))
            try expectEqual(try await context.writer.refusal(of: publication), .conflict(current: 0), "refusal")
            publication.expect = 0
            let receipt = try await context.reader.publish(publication)
            try expectEqual([receipt.position.offset], receipt.duplicate ? [] : [1], "offset of the second attempt")
        },
        ConformanceCase(
            "idempotency-own-channel",
            promise: "Keys belong to their channel, and may have every length and byte that their rule allows."
        ) { context in
            let visible = String(decoding: (0x21...0x7E).map { UInt8($0) }, as: UTF8.self)
            let long = String(repeating: "k", count: 254)
            let keys = ["k", "K", visible, long + "a", long + "b"]
            for label in ["first", "second"] {
                let channel = try context.channel(label)
                for (index, key) in keys.enumerated() {
                    let publication = Publication(channel: channel, data: key, idempotencyKey: try IdempotencyKey(key))
                    let receipt = try await context.writer.publish(publication)
                    try expectEqual(receipt.position.offset, UInt64(index + 1), "offset of key \(key) on \(label)")
                    try expect(!receipt.duplicate, "the key \(key) was seen before on \(label)")
                }
            }
        },
        ConformanceCase(
            "idempotency-outlives-log",
            promise: "A key is remembered when retention has removed its message from the log."
        ) { context in
            let channel = try context.channel(in: .few)
            let publication = Publication(channel: channel, data: "once", idempotencyKey: try IdempotencyKey("k"))
            let first = try await context.writer.publish(publication)
            try await context.writer.fill(channel, 20)
            let again = try await context.writer.publish(publication)
            try expectEqual(again, Receipt(position: first.position, duplicate: true), "receipt of the repetition")
        },
        ConformanceCase(
            "idempotency-deleted",
            promise: "A channel that comes back after its deletion has seen no key."
        ) { context in
            let channel = try context.channel()
            let publication = Publication(channel: channel, data: "once", idempotencyKey: try IdempotencyKey("k"))
            let first = try await context.writer.publish(publication)
            _ = try await context.writer.broker.delete(channel)
            let second = try await context.writer.publish(publication)
            try expect(!second.duplicate, "the key of the deleted channel is still known")
            try expect(second.position.epoch != first.position.epoch, "both lives have one epoch")
        },
    ]
}
