import BrokerCore
import Logging
import NIOCore
import NIOPosix

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

/// Values that come one after the other, and who waits for some of them.
final class Journal<Entry: Sendable>: Sendable {
    private struct State {
        var entries: [Entry] = []
        var waiting: [Int: (matches: @Sendable ([Entry]) -> Bool, continuation: CheckedContinuation<Void, Never>)] = [:]
        var last = 0
    }

    private let state = Locked(State())

    var entries: [Entry] { state.withLock { $0.entries } }

    func add(_ news: [Entry]) {
        let ready = state.withLock { state in
            state.entries += news
            let all = state.entries
            let ready = state.waiting.filter { $0.value.matches(all) }
            for key in ready.keys { state.waiting[key] = nil }
            return ready.values.map(\.continuation)
        }
        for continuation in ready { continuation.resume() }
    }

    /// Waits until what has come matches, or the test's time is over.
    func until(_ matches: @escaping @Sendable ([Entry]) -> Bool) async {
        let key = state.withLock { state in
            state.last += 1
            return state.last
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if matches(state.entries) || Task.isCancelled { return true }
                    state.waiting[key] = (matches, continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiting.removeValue(forKey: key) }
            waiter?.continuation.resume()
        }
    }
}

/// A logger whose lines a test can wait for: the message, and the reason if it has one.
struct JournalLogHandler: LogHandler {
    let journal: Journal<String>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = event.metadata?.values.map { "\($0)" } ?? []
        journal.add([([event.message.description] + values).joined(separator: ": ")])
    }

    static func logger(_ journal: Journal<String>) -> Logger {
        Logger(label: "test") { _ in JournalLogHandler(journal: journal) }
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
        library = Library(settings: BrokerSettings(), prefix: options.prefix, sharded: kind == .cluster)
        let logger = JournalLogHandler.logger(log)
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
        try await commands.open()
        try await subscriber.open()
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await commands.run() }
            group.addTask { await subscriber.run() }
            defer { group.cancelAll() }
            try await body()
        }
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
