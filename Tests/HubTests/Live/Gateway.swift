import BrokerCore
import Hub
import Logging
import MemoryBroker

/// A Hub over a memory broker, with a handle to publish by, as another process would.
struct Gateway {
    let store: MemoryStore
    let writer: MemoryBroker
    let broker: ProbeBroker
    let hub: Hub
    let kind: SinkKind
    private let running: Task<Void, Never>

    /// Runs `body` beside a Hub, and stops the Hub behind it.
    static func run(
        _ kind: SinkKind, options: HubOptions = HubOptions(shards: 2), retention: RetentionPolicy = RetentionPolicy(),
        events: BrokerEvents = BrokerEvents(), _ body: @escaping @Sendable (Gateway) async throws -> Void
    ) async throws {
        var options = options
        options.usesRing = kind == .ring
        let store = MemoryStore(settings: BrokerSettings(retention: retention))
        let broker = ProbeBroker(MemoryBroker(store: store, events: events))
        let hub = try Hub(broker: broker, options: options, logger: Logger(label: "test"))
        let gateway = Gateway(
            store: store, writer: MemoryBroker(store: store), broker: broker, hub: hub, kind: kind,
            running: Task { await hub.run() })
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(gateway)) } catch { outcome = .failure(error) }
        await gateway.stop()
        try outcome.get()
    }

    /// Stops the Hub, as the end of the process does.
    func stop() async {
        running.cancel()
        await running.value
    }

    /// Opens a reader of the channels, and hands its other end to the Hub.
    func open(_ channels: [(name: ChannelName, start: Start)], finishesAtEnd: Bool = false) async throws -> LineReader {
        let (near, far) = try SocketPair.connected()
        let reader = try await LineReader.connect(near)
        hub.open(
            SessionSeed(connection: try await kind.connection(far)) {
                LineTransport(channels, finishesAtEnd: finishesAtEnd)
            })
        return reader
    }

    func open(_ start: Start, finishesAtEnd: Bool = false) async throws -> LineReader {
        try await open([(Truth.name, start)], finishesAtEnd: finishesAtEnd)
    }

    @discardableResult
    func publish(
        _ data: String, _ keeping: Keeping = .logged, closes: Bool = false, on channel: ChannelName = Truth.name
    ) async throws -> Position {
        let publication = Publication(channel: channel, data: data, keeping: keeping, closes: closes)
        guard let result = await writer.publish([publication]).first else { preconditionFailure("an answer each") }
        return try result.get().position
    }

    /// Publishes messages `first...last`, each saying its number.
    func publish(_ numbers: ClosedRange<Int>) async throws {
        for number in numbers { try await publish("\(number)") }
    }

    /// Waits until the counters are as wanted.
    func stats(until isReached: (HubStats) -> Bool) async -> HubStats {
        while true {
            let stats = await hub.stats()
            if isReached(stats) || Task.isCancelled { return stats }
            await Task.yield()
        }
    }
}
