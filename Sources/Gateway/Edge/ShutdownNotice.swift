import BrokerCore
import NIOCore

/// Tells connections that the gateway is shutting down: those that can be told before they end, which are HTTP/2's.
final class ShutdownNotice: Sendable {
    private struct State {
        var isGiven = false
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    private let state = Locked(State())

    /// Tells the connection when it comes to that; at once, if it has.
    func announce(to channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let isGiven = state.withLock { state in
            state.channels[id] = channel
            return state.isGiven
        }
        channel.closeFuture.whenComplete { _ in self.state.withLock { $0.channels[id] = nil } }
        if isGiven { Self.tell(channel) }
    }

    /// Tells all. Returns when each has heard it, and counts as under way until it has ended.
    func give() async {
        let channels = state.withLock { state in
            state.isGiven = true
            return Array(state.channels.values)
        }
        let told = channels.map { channel in channel.eventLoop.submit { Self.tell(channel) } }
        for one in told { try? await one.get() }
    }

    private static func tell(_ channel: any Channel) {
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }
}
