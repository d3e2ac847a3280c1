package import BrokerCore

/// What a copy has done so far.
package struct CopyReport: Hashable, Sendable {
    /// Channels that were copied; one that moved on afterwards, and was copied again, counts again.
    package private(set) var copied = 0
    /// Logged messages of these.
    package private(set) var messages = 0
    /// Bytes of these messages' data.
    package private(set) var bytes = 0
    /// Tasks whose leases and places in lists were copied.
    package internal(set) var tasks = 0
    /// Channels that are in the target as they are in the source, by the last round.
    package private(set) var equal = 0
    /// Channels that were published to whenever they were looked at.
    package internal(set) var moving = NameList()
    /// Channels that the target does not take, and why: the first ``NameList/maximumNames`` of them.
    package private(set) var refused: [Refused] = []
    /// Of how many channels that is so.
    package private(set) var refusals = 0
    /// Channels that only the target has.
    package private(set) var targetOnly = NameList()
    /// Channels of this round that a broker could not read or write.
    private(set) var failures = 0

    package struct Refused: Hashable, Sendable {
        package let channel: ChannelName
        package let reason: CopyRefusal
    }

    /// Whether the target had, when the last round began, all that the source had.
    package var isComplete: Bool { moving.count == 0 && refusals == 0 }

    mutating func beginRound() {
        (moving, refused, refusals, failures) = (NameList(), [], 0, 0)
    }

    mutating func endRound(_ comparison: Comparison) {
        (equal, targetOnly) = (comparison.equal, comparison.targetOnly)
    }

    mutating func note(_ outcome: ChannelCopier.Outcome, on channel: ChannelName) {
        switch outcome {
        case .copied(let messages, let bytes):
            copied += 1
            self.messages += messages
            self.bytes += bytes
        case .same, .gone: break
        case .moving: moving.note(channel)
        case .refused(let reason): refuse(channel, reason)
        }
    }

    mutating func note(_ error: BrokerError, on channel: ChannelName) {
        failures += 1
        let reason = if case .unavailable(let reason) = error { reason } else { error.code }
        refuse(channel, .failed(reason: reason))
    }

    func refuses(_ channel: ChannelName) -> Bool { refused.contains { $0.channel == channel } }

    private mutating func refuse(_ channel: ChannelName, _ reason: CopyRefusal) {
        refusals += 1
        if refused.count < NameList.maximumNames { refused.append(Refused(channel: channel, reason: reason)) }
    }
}
