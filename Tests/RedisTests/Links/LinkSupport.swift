import BrokerCore
import Logging
import NIOCore
import NIOPosix
import RealServers

@testable import RedisBroker

/// A primary that is where the test says.
final class MovablePrimary: PrimaryLocator {
    /// One entry for each attempt to connect.
    let asked = Journal<Endpoint>()
    private let endpoint: Locked<Endpoint>

    init(_ endpoint: Endpoint) { self.endpoint = Locked(endpoint) }

    func move(to endpoint: Endpoint) { self.endpoint.withLock { $0 = endpoint } }

    func locate() async throws(RedisError) -> Endpoint {
        let endpoint = endpoint.withLock { $0 }
        asked.add([endpoint])
        return endpoint
    }
}

/// Both links to one server, as a broker has them.
struct Links {
    let commands: CommandLink
    let subscriber: SubscriberLink
    let library: Library
    let events = Journal<BrokerEvent>()
    let log = Journal<String>()
    let handedBack = Journal<ChannelName>()
    let primary: MovablePrimary
    private let isHasty: Bool

    /// Time enough on a machine that is busy with other tests.
    static var options: RedisOptions {
        var options = RedisOptions()
        options.commandTimeout = .seconds(20)
        options.connectTimeout = .seconds(20)
        options.canaryInterval = .milliseconds(200)
        return options
    }

    /// For tests in which time has to run out.
    static var hasty: RedisOptions {
        var options = options
        options.commandTimeout = .seconds(1)
        return options
    }

    init(_ endpoint: Endpoint, _ options: RedisOptions = Links.options, kind: ServerKind = .single) {
        primary = MovablePrimary(endpoint)
        isHasty = options.commandTimeout < Self.options.commandTimeout
        library = Library(settings: BrokerSettings(), prefix: options.prefix, sharded: kind == .cluster)
        let logger = Logger(to: log)
        let group = MultiThreadedEventLoopGroup.singleton
        let commands = CommandLink(
            locator: primary, options: options, library: library, kind: kind, group: group, logger: logger)
        self.commands = commands
        subscriber = SubscriberLink(
            locator: primary, options: options, library: library, mode: kind == .single ? .plain : .sharded,
            group: group, logger: logger, publish: { await commands.send([$0])[0] },
            events: { [events] in events.add($0) }, handBack: { [handedBack] channels, _ in handedBack.add(channels) })
    }

    /// Opens both, keeps them up during `body`, and closes them.
    func run(_ body: () async throws -> Void) async throws {
        try await reach { try await commands.open() }
        try await reach { try await subscriber.open() }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await commands.run() }
            group.addTask { await subscriber.run() }
            defer { group.cancelAll() }
            try await body()
        }
    }

    /// What is hasty may lack the time for a server on a machine that is busy; then it tries again.
    private func reach(_ open: () async throws -> Void) async throws {
        while isHasty && !Task.isCancelled {
            if (try? await open()) != nil { return }
        }
        try await open()
    }

    func publish(_ data: String, on channel: ChannelName) async -> Result<Reply, RedisError> {
        await commands.send([library.append([Publication(channel: channel, data: data)], to: channel)])[0]
    }

    /// The data that was announced so far.
    var announced: [String] { Self.announced(events.entries) }

    static func announced(_ events: [BrokerEvent]) -> [String] {
        events.compactMap { if case .published(let announcement) = $0 { announcement.message.data } else { nil } }
    }
}

extension Result<Reply, RedisError> {
    var failureWords: String? {
        if case .failure(let error) = self { error.words } else { nil }
    }
}
