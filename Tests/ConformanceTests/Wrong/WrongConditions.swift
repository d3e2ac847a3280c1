import BrokerCore

extension WrongBroker {
    static let conditions = [
        WrongBroker("ignores expect", caughtBy: "expect-none", "expect-version", "contest-expect") {
            Changes { $0.expect = nil }
        },
        WrongBroker("checks expect before it publishes, not as it does", caughtBy: "contest-expect") {
            ChecksThenPublishes()
        },
        WrongBroker("ignores the fence", caughtBy: "fence-lower", "contest-fence") { Changes { $0.fence = nil } },
        WrongBroker("raises the fence by a refused publication", caughtBy: "fence-refused") { RaisesFenceFirst() },
        WrongBroker("ignores close", caughtBy: "close-last", "close-first", "contest-close") {
            Changes { $0.closes = false }
        },
        WrongBroker("never opens a closed channel again", caughtBy: "close-reopen", "close-reopen-unfenced") {
            StaysClosed()
        },
        WrongBroker("ignores the idempotency key", caughtBy: "idempotency-repeat", "contest-idempotency") {
            Changes { $0.idempotencyKey = nil }
        },
        WrongBroker("remembers idempotency keys in each process for itself", caughtBy: "idempotency-repeat") {
            RemembersKeysAlone()
        },
        WrongBroker.sharing("mixes the idempotency keys of channels", caughtBy: "idempotency-own-channel") {
            MixesKeys()
        },
        WrongBroker.sharing("uses an idempotency key up by a refusal", caughtBy: "idempotency-refused") {
            UsesKeysUp()
        },
        WrongBroker.misreading("ignores limits", caughtBy: "limit-message-bytes", "limit-first-message") {
            $0.messageBytes = .max
        },
    ]
}

struct ChecksThenPublishes: Fault {
    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        var answers: [Result<Receipt, BrokerError>] = []
        for var publication in publications {
            let status = try? await right.inspect(publication.channel)
            let current = status?.retained.first { $0.retain == publication.keeping.key }?.offset ?? 0
            await Task.yield()
            if publication.keeping.key != nil, let expect = publication.expect.take(), expect != current {
                answers.append(.failure(.conflict(current: current)))
            } else {
                answers += await right.publish([publication])
            }
        }
        return answers
    }
}

/// A publication that is refused with a fence raises it all the same, by a message that nobody reads.
struct RaisesFenceFirst: Fault {
    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        let answers = await right.publish(publications)
        for (publication, answer) in zip(publications, answers) {
            guard case .failure = answer, let fence = publication.fence else { continue }
            _ = await right.publish([Publication(channel: publication.channel, data: "", fence: fence)])
        }
        return answers
    }
}

struct StaysClosed: Fault {
    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        var answers: [Result<Receipt, BrokerError>] = []
        for publication in publications {
            if let status = try? await right.inspect(publication.channel), status.closed {
                answers.append(.failure(.closed(top: status.top)))
            } else {
                answers += await right.publish([publication])
            }
        }
        return answers
    }
}

/// Keeps receipts by key, for the handle that got them.
final class RemembersKeysAlone: Fault {
    private struct Name: Hashable {
        var channel: ChannelName
        var key: IdempotencyKey
    }

    private let receipts = Locked<[Name: Position]>([:])

    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        var answers: [Result<Receipt, BrokerError>] = []
        for var publication in publications {
            let name = publication.idempotencyKey.take().map { Name(channel: publication.channel, key: $0) }
            if let name, let first = receipts.withLock({ $0[name] }) {
                answers.append(.success(Receipt(position: first, duplicate: true)))
            } else {
                answers += await right.publish([publication])
                if let name, case .success(let receipt)? = answers.last {
                    receipts.withLock { $0[name] = receipt.position }
                }
            }
        }
        return answers
    }
}

/// Keeps receipts by key alone, whatever the channel.
final class MixesKeys: Fault {
    private let receipts = Locked<[IdempotencyKey: Position]>([:])

    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        var answers: [Result<Receipt, BrokerError>] = []
        for publication in publications {
            if let key = publication.idempotencyKey, let first = receipts.withLock({ $0[key] }) {
                answers.append(.success(Receipt(position: first, duplicate: true)))
                continue
            }
            answers += await right.publish([publication])
            if let key = publication.idempotencyKey, case .success(let receipt)? = answers.last {
                receipts.withLock { $0[key] = receipt.position }
            }
        }
        return answers
    }
}

/// Answers the second use of a key as it answered the first, refusals included.
final class UsesKeysUp: Fault {
    private let refusals = Locked<[IdempotencyKey: BrokerError]>([:])

    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        var answers: [Result<Receipt, BrokerError>] = []
        for publication in publications {
            if let key = publication.idempotencyKey, let refusal = refusals.withLock({ $0[key] }) {
                answers.append(.failure(refusal))
                continue
            }
            answers += await right.publish([publication])
            if let key = publication.idempotencyKey, case .failure(let refusal)? = answers.last {
                refusals.withLock { $0[key] = refusal }
            }
        }
        return answers
    }
}
