import BrokerCore

/// A broker whose calls are measured, whoever makes them: routes, streams, tasks, the Hub.
struct MeasuredBroker: Broker {
    let broker: any Broker
    let meter: BrokerMeter

    var events: BrokerEvents { broker.events }
    var tasks: any TaskRegistry { broker.tasks }

    func publish(_ publications: [Publication]) async -> [Result<Receipt, BrokerError>] {
        await meter.measure { await broker.publish(publications) }
    }

    func recover(_ channel: ChannelName, from start: Start, limit: RecoveryLimit) async throws(BrokerError) -> Recovery
    {
        try await meter.measure(.recover) { () async throws(BrokerError) in
            try await broker.recover(channel, from: start, limit: limit)
        }
    }

    func inspect(_ channel: ChannelName) async throws(BrokerError) -> ChannelStatus? {
        try await meter.measure(.inspect) { () async throws(BrokerError) in try await broker.inspect(channel) }
    }

    func delete(_ channel: ChannelName) async throws(BrokerError) -> Bool {
        try await meter.measure(.delete) { () async throws(BrokerError) in try await broker.delete(channel) }
    }

    func list(_ query: ChannelQuery) async throws(BrokerError) -> [ChannelSummary] {
        try await meter.measure(.list) { () async throws(BrokerError) in try await broker.list(query) }
    }

    func attach(_ channels: [ChannelName]) async throws(BrokerError) {
        try await meter.measure(.attach) { () async throws(BrokerError) in try await broker.attach(channels) }
    }

    func detach(_ channels: [ChannelName]) async { await broker.detach(channels) }

    func ping() async throws(BrokerError) {
        try await meter.measure(.ping) { () async throws(BrokerError) in try await broker.ping() }
    }

    func run() async throws { try await broker.run() }
}
