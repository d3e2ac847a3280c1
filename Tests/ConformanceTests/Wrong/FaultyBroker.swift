import BrokerCore

/// What one handle of a wrong broker does wrong. Everything that it does not say it does right.
protocol Fault: Sendable {
    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>]
    func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit, on right: any Broker
    ) async throws(BrokerError) -> Recovery
    func inspect(_ channel: ChannelName, on right: any Broker) async throws(BrokerError) -> ChannelStatus?
    func delete(_ channel: ChannelName, on right: any Broker) async throws(BrokerError) -> Bool
    func list(_ query: ChannelQuery, on right: any Broker) async throws(BrokerError) -> [ChannelSummary]
    func attach(_ channels: [ChannelName], on right: any Broker) async throws(BrokerError)
    func ping(on right: any Broker) async throws(BrokerError)
    func tasks(of right: any Broker) -> any TaskRegistry
    /// What the handle tells of what it hears.
    func hear(_ events: [BrokerEvent]) -> [BrokerEvent]
}

extension Fault {
    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        await right.publish(publications)
    }

    func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit, on right: any Broker
    ) async throws(BrokerError) -> Recovery {
        try await right.recover(channel, from: start, limit: limit)
    }

    func inspect(_ channel: ChannelName, on right: any Broker) async throws(BrokerError) -> ChannelStatus? {
        try await right.inspect(channel)
    }

    func delete(_ channel: ChannelName, on right: any Broker) async throws(BrokerError) -> Bool {
        try await right.delete(channel)
    }

    func list(_ query: ChannelQuery, on right: any Broker) async throws(BrokerError) -> [ChannelSummary] {
        try await right.list(query)
    }

    func attach(_ channels: [ChannelName], on right: any Broker) async throws(BrokerError) {
        try await right.attach(channels)
    }

    func ping(on right: any Broker) async throws(BrokerError) { try await right.ping() }

    func tasks(of right: any Broker) -> any TaskRegistry { right.tasks }

    func hear(_ events: [BrokerEvent]) -> [BrokerEvent] { events }
}

/// A handle on a right broker that goes through a fault.
final class FaultyBroker: Broker {
    let events = BrokerEvents()
    private let right: any Broker
    private let fault: any Fault

    init(_ right: any Broker, fault: any Fault) {
        self.right = right
        self.fault = fault
    }

    func publish(_ publications: [Publication]) async -> [Result<Receipt, BrokerError>] {
        await fault.publish(publications, on: right)
    }

    func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit
    ) async throws(BrokerError) -> Recovery {
        try await fault.recover(channel, from: start, limit: limit, on: right)
    }

    func inspect(_ channel: ChannelName) async throws(BrokerError) -> ChannelStatus? {
        try await fault.inspect(channel, on: right)
    }

    func delete(_ channel: ChannelName) async throws(BrokerError) -> Bool {
        try await fault.delete(channel, on: right)
    }

    func list(_ query: ChannelQuery) async throws(BrokerError) -> [ChannelSummary] {
        try await fault.list(query, on: right)
    }

    func attach(_ channels: [ChannelName]) async throws(BrokerError) {
        try await fault.attach(channels, on: right)
    }

    func detach(_ channels: [ChannelName]) async { await right.detach(channels) }

    func ping() async throws(BrokerError) { try await fault.ping(on: right) }

    var tasks: any TaskRegistry { fault.tasks(of: right) }

    func run() async throws {
        async let running: Void = right.run()
        while let heard = await right.events.next() { events.send(fault.hear(heard)) }
        events.finish()
        try await running
    }
}

/// No fault at all: what the suite says of it, it says of the right broker.
struct NoFault: Fault {}

/// A broker that is away.
struct AnswersNoPing: Fault {
    func ping(on right: any Broker) async throws(BrokerError) { throw .unavailable(reason: "no answer") }
}
