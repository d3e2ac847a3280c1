import BrokerCore

extension WrongBroker {
    static let living = [
        WrongBroker.sharing("keeps the epoch after a deletion", caughtBy: "delete-new-life", "race-delete") {
            KeepsEpochs(afterDeletion: true)
        },
        WrongBroker.sharing("brings an expired channel back with its epoch", caughtBy: "expiry-gone") {
            KeepsEpochs(afterDeletion: false)
        },
        WrongBroker("says that it deleted, and did not", caughtBy: "delete-gone", "delete-new-life") {
            DeletesNothing()
        },
        WrongBroker("deletes what begins alike", caughtBy: "delete-this-only") { DeletesByPrefix() },
        WrongBroker.misreading("ignores history.messages", caughtBy: "retention-messages", "recover-trimmed") {
            $0.changePolicies { $0.messages = .max }
        },
        WrongBroker.misreading("ignores history.bytes", caughtBy: "retention-bytes") {
            $0.changePolicies { $0.bytes = .max }
        },
        WrongBroker.misreading("ignores history.ttl", caughtBy: "expiry-gone") {
            $0.changePolicies { $0.ttl = .seconds(900) }
        },
        WrongBroker.misreading("ignores history.ttl_after_close", caughtBy: "expiry-closed") {
            $0.changePolicies { $0.ttlAfterClose = nil }
        },
        WrongBroker.misreading("lets a channel go before its time", caughtBy: "expiry-last-message") {
            $0.changePolicies { $0.ttl = min($0.ttl, .milliseconds(20)) }
        },
    ]
}

/// Shows every life of a channel under the epoch of its first.
final class KeepsEpochs: Fault {
    private let afterDeletion: Bool
    private let shown = Locked<[ChannelName: Epoch]>([:])

    init(afterDeletion: Bool) { self.afterDeletion = afterDeletion }

    private func show(_ epoch: Epoch, of channel: ChannelName) -> Epoch {
        shown.withLock { shown in
            if let first = shown[channel] { return first }
            if epoch != .none { shown[channel] = epoch }
            return epoch
        }
    }

    private func show(_ message: Message) -> Message {
        var message = message
        message.epoch = show(message.epoch, of: message.channel)
        return message
    }

    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        zip(publications, await right.publish(publications)).map { publication, answer in
            answer.map { receipt in
                let epoch = show(receipt.position.epoch, of: publication.channel)
                return Receipt(
                    position: Position(epoch: epoch, offset: receipt.position.offset), duplicate: receipt.duplicate)
            }
        }
    }

    func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit, on right: any Broker
    ) async throws(BrokerError) -> Recovery {
        var (hidden, start) = (start, start)
        if case .after(let position) = start, position.epoch == shown.withLock({ $0[channel] }),
            let epoch = try await right.inspect(channel)?.epoch
        {
            hidden = .after(Position(epoch: epoch, offset: position.offset))
        }
        var recovery = try await right.recover(channel, from: hidden, limit: limit)
        if recovery.epoch != .none { recovery.epoch = show(recovery.epoch, of: channel) }
        recovery.start.epoch = recovery.epoch
        recovery.messages = recovery.messages.map(show)
        recovery.gap?.epoch = recovery.epoch
        return recovery
    }

    func inspect(_ channel: ChannelName, on right: any Broker) async throws(BrokerError) -> ChannelStatus? {
        guard var status = try await right.inspect(channel) else { return nil }
        status.epoch = show(status.epoch, of: channel)
        status.retained = status.retained.map(show)
        return status
    }

    func delete(_ channel: ChannelName, on right: any Broker) async throws(BrokerError) -> Bool {
        let deleted = try await right.delete(channel)
        if deleted, !afterDeletion { shown.withLock { $0[channel] = nil } }
        return deleted
    }

    func hear(_ events: [BrokerEvent]) -> [BrokerEvent] {
        events.map { event in
            switch event {
            case .published(var announcement):
                announcement.message = show(announcement.message)
                return .published(announcement)
            case .deleted(let channel, let epoch): return .deleted(channel, show(epoch, of: channel))
            case .continuityLost, .continuityRestored: return event
            }
        }
    }
}

struct DeletesNothing: Fault {
    func delete(_ channel: ChannelName, on right: any Broker) async throws(BrokerError) -> Bool {
        try await right.inspect(channel) != nil
    }
}

struct DeletesByPrefix: Fault {
    func delete(_ channel: ChannelName, on right: any Broker) async throws(BrokerError) -> Bool {
        let alike = try await right.list(ChannelQuery(prefix: channel.rawValue + ":"))
        for summary in alike { _ = try await right.delete(summary.channel) }
        return try await right.delete(channel)
    }
}
