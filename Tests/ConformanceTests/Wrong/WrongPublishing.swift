import BrokerCore

extension WrongBroker {
    static let publishing = [
        WrongBroker("leaves holes between offsets", caughtBy: "publish-offsets", "race-readers") { LeavesHoles() },
        WrongBroker("refuses but publishes", caughtBy: "publish-refused", "close-last", "fence-lower") {
            RefusesButPublishes()
        },
        WrongBroker.sharing("acknowledges and drops", caughtBy: "publish-offsets", "race-readers") {
            AcknowledgesAndDrops()
        },
        WrongBroker("gives a batch up at its first refusal", caughtBy: "publish-batch") { GivesUp() },
        WrongBroker("publishes a batch backwards", caughtBy: "publish-batch", "content-verbatim") {
            PublishesBackwards()
        },
        WrongBroker("keeps conflated messages in the log", caughtBy: "conflate-live", "retention-conflated") {
            LogsConflated()
        },
        WrongBroker("normalises line ends", caughtBy: "content-verbatim") {
            Changes { $0.data.replace("\r\n", with: "\n") }
        },
        WrongBroker("normalises characters", caughtBy: "content-verbatim") {
            Changes { $0.data.replace("e\u{301}", with: "\u{E9}") }
        },
    ]
}

/// Changes every publication before it is published.
struct Changes: Fault {
    let change: @Sendable (inout Publication) -> Void

    init(_ change: @escaping @Sendable (inout Publication) -> Void) { self.change = change }

    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        var publications = publications
        for index in publications.indices { change(&publications[index]) }
        return await right.publish(publications)
    }
}

/// Takes an offset now and then for a message that nobody sees.
struct LeavesHoles: Fault {
    private let key: RetainKey?

    init() { key = try? RetainKey("hole") }

    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        var answers: [Result<Receipt, BrokerError>] = []
        for publication in publications {
            answers += await right.publish([publication])
            if let key, case .success(let receipt)? = answers.last, receipt.position.offset % 9 == 4,
                !publication.closes
            {
                _ = await right.publish([Publication(channel: publication.channel, data: "", keeping: .conflated(key))])
            }
        }
        return answers
    }

    func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit, on right: any Broker
    ) async throws(BrokerError) -> Recovery {
        var recovery = try await right.recover(channel, from: start, limit: limit)
        recovery.messages.removeAll { $0.retain == key }
        return recovery
    }

    func hear(_ events: [BrokerEvent]) -> [BrokerEvent] {
        events.filter { event in
            if case .published(let announcement) = event { announcement.message.retain != key } else { true }
        }
    }
}

struct RefusesButPublishes: Fault {
    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        let answers = await right.publish(publications)
        for (publication, answer) in zip(publications, answers) {
            guard case .failure = answer else { continue }
            let unconditional = Publication(
                channel: publication.channel, data: publication.data, keeping: publication.keeping, fence: .max >> 12)
            _ = await right.publish([unconditional])
        }
        return answers
    }
}

/// Every tenth publication gets a receipt, and nothing more.
final class AcknowledgesAndDrops: Fault {
    private let count = Locked(0)

    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        var answers: [Result<Receipt, BrokerError>] = []
        for publication in publications {
            let isDropped = count.withLock { count in
                count += 1
                return count % 10 == 0
            }
            if isDropped, let status = try? await right.inspect(publication.channel) {
                answers.append(.success(Receipt(position: Position(epoch: status.epoch, offset: status.top + 1))))
            } else {
                answers += await right.publish([publication])
            }
        }
        return answers
    }
}

struct GivesUp: Fault {
    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        var answers: [Result<Receipt, BrokerError>] = []
        for publication in publications {
            if case .failure(let refusal)? = answers.last {
                answers.append(.failure(refusal))
            } else {
                answers += await right.publish([publication])
            }
        }
        return answers
    }
}

struct PublishesBackwards: Fault {
    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        await right.publish(publications.reversed()).reversed()
    }
}

/// Announces a conflated message as such, and logs it all the same.
struct LogsConflated: Fault {
    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        await Changes {
            if case .conflated(let key) = $0.keeping { $0.keeping = .loggedAndRetained(key) }
        }.publish(publications, on: right)
    }

    func hear(_ events: [BrokerEvent]) -> [BrokerEvent] {
        events.map { event in
            guard case .published(var announcement) = event, announcement.message.retain != nil else { return event }
            announcement.conflated = true
            return .published(announcement)
        }
    }
}
