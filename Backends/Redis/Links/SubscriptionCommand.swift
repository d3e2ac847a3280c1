import BrokerCore
import BrokerSupport

/// A SUBSCRIBE or UNSUBSCRIBE.
struct SubscriptionCommand: Equatable {
    enum Kind { case subscribe, unsubscribe }

    let kind: Kind
    var channels: [ChannelName]
}

/// The commands that were sent and are not fully answered. The server answers in order: a command with one confirmation
/// for each channel, or with one error.
struct SubscriptionsUnderway {
    /// Channels that are sent and not confirmed, at most. Confirmations are as long as the names, and a server ends a
    /// connection that lets too many bytes of them pile up (`client-output-buffer-limit pubsub`, 8 to 32 MiB).
    static let maximumChannels = 10_000

    private var commands = FIFO<SubscriptionCommand>()
    /// The channels of the oldest command that were confirmed.
    private var confirmed = 0
    private(set) var channels = 0

    var room: Int { Self.maximumChannels - channels }

    mutating func append(_ command: SubscriptionCommand) {
        channels += command.channels.count
        commands.append(command)
    }

    /// The server confirms one channel. `false`: that is not what was asked next.
    mutating func confirmed(_ kind: SubscriptionCommand.Kind, _ name: ChannelName) -> Bool {
        guard let command = commands.first, command.kind == kind, command.channels[confirmed] == name else {
            return false
        }
        channels -= 1
        confirmed += 1
        if confirmed == command.channels.count {
            _ = commands.popFirst()
            confirmed = 0
        }
        return true
    }

    /// The server refuses the oldest command: returns it. `nil`: there is none, or it is confirmed in part.
    mutating func refused() -> SubscriptionCommand? {
        guard confirmed == 0, let command = commands.popFirst() else { return nil }
        channels -= command.channels.count
        return command
    }
}
