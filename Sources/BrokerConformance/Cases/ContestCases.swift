import BrokerCore

extension ConformanceSuite {
    /// Conditions under contention: eight publish at the same time, over both handles.
    static let contests: [ConformanceCase] = [
        ConformanceCase(
            "contest-expect",
            promise: "Of many who publish with the same expect, exactly one wins for each version."
        ) { context in
            let channel = try context.channel()
            let key = try RetainKey("state")
            for version: UInt64 in 0..<100 {
                let answers = try await contest(in: context) { contender in
                    Publication(
                        channel: channel, data: "\(contender)", keeping: .loggedAndRetained(key), expect: version)
                }
                let winners = answers.compactMap { try? $0.get().position.offset }
                try expectEqual(winners, [version + 1], "offsets of the winners of version \(version)")
                let refusals = answers.compactMap(\.refusal)
                try expectEqual(Set(refusals), [.conflict(current: version + 1)], "what the others were told")
            }
        },
        ConformanceCase(
            "contest-idempotency",
            promise: "Of many who publish with one idempotency key, exactly one publishes, and all get its position."
        ) { context in
            let channel = try context.channel()
            for round in 0..<100 {
                let key = try IdempotencyKey("key-\(round)")
                let receipts = try await contest(in: context) { contender in
                    Publication(channel: channel, data: "\(contender)", idempotencyKey: key)
                }.map { try $0.get() }
                try expectEqual(receipts.filter { !$0.duplicate }.count, 1, "publications of round \(round)")
                try expectEqual(Set(receipts.map(\.position.offset)), [UInt64(round + 1)], "offsets of round \(round)")
            }
            try expectEqual(try await context.reader.status(channel).top, 100, "top")
        },
        ConformanceCase(
            "contest-fence",
            promise: "However producers of several generations race, none writes after a higher one has written."
        ) { context in
            let channel = try context.channel()
            var written = 0
            for round in 0..<100 {
                let answers = try await contest(in: context) { contender in
                    let fence = UInt64(round * 8 + contender)
                    return Publication(channel: channel, data: "\(fence)", fence: fence)
                }
                written += answers.count { $0.refusal == nil }
                let top = UInt64(round * 8 + 7)
                try expect(answers[7].refusal == nil, "the highest generation was refused")
                try expectEqual(try await context.reader.status(channel).fence, top, "fence after round \(round)")
            }
            let generations = try await context.reader.recover(channel).messages.compactMap { Int($0.data) }
            try expectEqual(generations, generations.sorted(), "generations in the order of the log")
            try expectEqual(generations.count, written, "acknowledged messages")
        },
        ConformanceCase(
            "contest-close",
            promise: "However many publish while a channel is closed, nothing stands after the closing message."
        ) { context in
            for round in 0..<50 {
                let channel = try context.channel("\(round)")
                let answers = try await contest(in: context) { contender in
                    Publication(channel: channel, data: "\(contender)", closes: contender == 4)
                }
                let last = try answers[4].get().position.offset
                let log = try await context.reader.recover(channel)
                try expectEqual(log.messages.map(\.offset), Array(1...last), "offsets of the log")
                try expect(log.closed && log.messages.last?.data == "4", "the log is \(log)")
                try expectEqual(answers.count { $0.refusal == nil }, Int(last), "acknowledged messages")
                let refusals = Set(answers.compactMap(\.refusal))
                try expect(refusals.isSubset(of: [.closed(top: last)]), "the late ones were told \(refusals)")
            }
        },
        ConformanceCase(
            "contest-first",
            promise: "Of many who publish the first message of a channel, all publish in one epoch."
        ) { context in
            for round in 0..<50 {
                let channel = try context.channel("\(round)")
                let receipts = try await contest(in: context) { contender in
                    Publication(channel: channel, data: "\(contender)")
                }.map { try $0.get() }
                try expectEqual(Set(receipts.map(\.position.epoch)).count, 1, "epochs")
                try expectEqual(receipts.map(\.position.offset).sorted(), Array(1...8), "offsets")
            }
        },
    ]

    /// Eight publications at the same time. The answers are in the order of the contenders.
    private static func contest(
        in context: ConformanceContext, _ publication: @escaping @Sendable (_ contender: Int) -> Publication
    ) async throws -> [Result<Receipt, BrokerError>] {
        try await withThrowingTaskGroup(of: (Int, Result<Receipt, BrokerError>).self) { group in
            for contender in 0..<8 {
                group.addTask {
                    let answers = try await context.handles[contender % 2].publish([publication(contender)])
                    return (contender, answers[0])
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}

extension Result {
    fileprivate var refusal: Failure? {
        if case .failure(let refusal) = self { refusal } else { nil }
    }
}
