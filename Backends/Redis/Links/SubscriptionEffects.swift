import BrokerCore

extension SubscriptionTable {
    /// What is to be done about what happened.
    struct Effects {
        /// In order.
        var events: [BrokerEvent] = []
        /// To be sent in order.
        var commands: [SubscriptionCommand] = []
        /// Who need not wait any more.
        var finished: [Waiter] = []
        /// Channels that are not this server's any more. Their loss has been told; whoever attaches them elsewhere owes
        /// their restoration.
        var handedBack: [ChannelName] = []
        /// The server's words of the last command that it refused.
        var refusal: String?
        /// The connection is of no use: why, in the server's words.
        var drop: String?
        /// Channels whose restoration is to be told once all that came at once has been handled.
        var restored: [ChannelName] = []

        mutating func add(_ kind: SubscriptionCommand.Kind, _ name: ChannelName, atMost limit: Int) {
            if let last = commands.indices.last, commands[last].kind == kind, commands[last].channels.count < limit {
                commands[last].channels.append(name)
            } else {
                commands.append(SubscriptionCommand(kind: kind, channels: [name]))
            }
        }

        mutating func flushRestored() {
            guard !restored.isEmpty else { return }
            events.append(.continuityRestored(.channels(restored)))
            restored = []
        }
    }

    /// One channel.
    struct Entry {
        enum State: UInt8 { case none, subscribing, subscribed, unsubscribing }

        var state = State.none
        var wanted = true
        /// It waits in line for the next command.
        var isDue = false
        /// Its loss has been told by name, and its restoration has not.
        var interrupted = false
    }
}
