import BrokerCore

extension WrongBroker {
    static let recovering = [
        WrongBroker("reports a gap as complete", caughtBy: "recover-trimmed", "recover-other-epoch", "recover-future") {
            ChangesRecovery { recovery, _ in recovery.gap = nil }
        },
        WrongBroker("says that nothing was trimmed", caughtBy: "recover-trimmed", "retention-messages") {
            ChangesRecovery { recovery, _ in recovery.trimmed = 0 }
        },
        WrongBroker("takes a superseded message for a gap", caughtBy: "conflate-no-gap") { TakesHolesForGaps() },
        WrongBroker("forgets retained messages with the log", caughtBy: "retain-outlives-log", "page-trimmed") {
            ForgetsRetained()
        },
        WrongBroker("recovers retained messages behind the log", caughtBy: "page-retained", "conflate-live") {
            ChangesRecovery { recovery, _ in
                recovery.messages =
                    recovery.messages.filter { $0.retain == nil } + recovery.messages.filter { $0.retain != nil }
            }
        },
        WrongBroker("recovers in two steps", caughtBy: "race-recover") { RecoversInTwoSteps() },
        WrongBroker("leaves the first message out", caughtBy: "recover-starts", "race-resume") {
            ChangesRecovery { recovery, start in
                if case .after = start { recovery.messages = Array(recovery.messages.dropFirst()) }
            }
        },
        WrongBroker("says of a page that it reaches the top", caughtBy: "page-messages", "page-top") {
            ChangesRecovery { recovery, _ in recovery.reachesTop = true }
        },
        WrongBroker("knows no bound of a page", caughtBy: "page-messages", "page-bytes") { IgnoresLimits() },
    ]
}

struct ChangesRecovery: Fault {
    let change: @Sendable (inout Recovery, Start) -> Void

    init(_ change: @escaping @Sendable (inout Recovery, Start) -> Void) { self.change = change }

    func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit, on right: any Broker
    ) async throws(BrokerError) -> Recovery {
        var recovery = try await right.recover(channel, from: start, limit: limit)
        change(&recovery, start)
        return recovery
    }
}

struct TakesHolesForGaps: Fault {
    func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit, on right: any Broker
    ) async throws(BrokerError) -> Recovery {
        var recovery = try await right.recover(channel, from: start, limit: limit)
        if let first = recovery.messages.first, case .after(let asked) = start, first.offset > asked.offset + 1 {
            recovery.gap = Gap(asked: asked, epoch: recovery.epoch, haveFrom: first.offset, reason: .trimmed)
        }
        return recovery
    }
}

struct ForgetsRetained: Fault {
    func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit, on right: any Broker
    ) async throws(BrokerError) -> Recovery {
        var recovery = try await right.recover(channel, from: start, limit: limit)
        recovery.messages.removeAll { $0.offset <= recovery.trimmed }
        return recovery
    }

    func inspect(_ channel: ChannelName, on right: any Broker) async throws(BrokerError) -> ChannelStatus? {
        guard var status = try await right.inspect(channel) else { return nil }
        status.retained.removeAll { $0.offset <= status.trimmed }
        return status
    }
}

/// Reads the messages first and the top a little later.
struct RecoversInTwoSteps: Fault {
    func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit, on right: any Broker
    ) async throws(BrokerError) -> Recovery {
        var recovery = try await right.recover(channel, from: start, limit: limit)
        for _ in 0..<10 { await Task.yield() }
        recovery.top = try await right.inspect(channel)?.top ?? recovery.top
        return recovery
    }
}

struct IgnoresLimits: Fault {
    func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit, on right: any Broker
    ) async throws(BrokerError) -> Recovery {
        try await right.recover(channel, from: start, limit: .unlimited)
    }
}
