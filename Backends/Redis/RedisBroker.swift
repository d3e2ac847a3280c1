package import BrokerCore
import BrokerSupport
import Logging

/// A handle on the channels below one prefix of a Redis: one server, what sentinels lead to, or a cluster.
///
/// A channel is one key, so whatever Redis does to keys (expiry, eviction, deletion, migration) it does to whole channels.
/// When the server that takes the writes is another process than before, a channel goes on in a new epoch whose
/// predecessor says up to where it is the same log: what a lost primary had acknowledged above that is a gap, never
/// silently replaced.
package final class RedisBroker: Broker {
    package let events: BrokerEvents
    package let tasks: any TaskRegistry
    let library: Library
    let topology: any Topology
    private let publications: PublishQueue
    private let faults: FaultLog

    init(topology: any Topology, library: Library, events: BrokerEvents, logger: Logger) {
        let faults = FaultLog(logger: logger)
        self.events = events
        tasks = RedisTasks(topology: topology, library: library)
        self.library = library
        self.topology = topology
        self.faults = faults
        publications = PublishQueue { channel, publications, completion in
            topology.send(library.append(publications, to: channel)) { result in
                completion(
                    Self.answers(result, on: channel, faults) { Library.receipts($0, count: publications.count) }
                        .get(orEach: publications.count))
            }
        }
    }

    // MARK: The contract

    package func publish(_ publications: [Publication]) async -> [Result<Receipt, BrokerError>] {
        await self.publications.publish(publications)
    }

    package func recover(
        _ channel: ChannelName, from start: Start, limit: RecoveryLimit
    ) async throws(BrokerError) -> Recovery {
        try await ask(library.recover(channel, from: start, limit: limit), on: channel) {
            Library.recovery($0, of: channel, from: start)
        }
    }

    package func inspect(_ channel: ChannelName) async throws(BrokerError) -> ChannelStatus? {
        try await ask(library.inspect(channel), on: channel) { Library.status($0, of: channel) }
    }

    package func delete(_ channel: ChannelName) async throws(BrokerError) -> Bool {
        try await ask(library.delete(channel), on: channel) { Library.deletion($0) }
    }

    package func list(_ query: ChannelQuery) async throws(BrokerError) -> [ChannelSummary] {
        do throws(RedisError) {
            return try await Listing(query: query, library: library).run(over: topology.primaries())
        } catch {
            throw BrokerError(error)
        }
    }

    package func attach(_ channels: [ChannelName]) async throws(BrokerError) {
        await topology.attach(channels)
    }

    package func detach(_ channels: [ChannelName]) async {
        await topology.detach(channels)
    }

    package func ping() async throws(BrokerError) {
        try await topology.ping()
    }

    package func run() async throws {
        await topology.run()
        events.finish()
    }

    // MARK: Asking

    private func ask<Value: Sendable>(
        _ call: Call, on channel: ChannelName, _ read: @escaping @Sendable (Reply) -> Value?
    ) async throws(BrokerError) -> Value {
        let answer = await withCheckedContinuation { continuation in
            topology.send(call) { [faults] result in
                continuation.resume(returning: Self.answers(result, on: channel, faults, read))
            }
        }
        return try answer.get()
    }

    /// What a reply says. An error of the server, or a reply of another shape, is logged and means that the channel is unavailable.
    private static func answers<Value>(
        _ result: Result<Reply, RedisError>, on channel: ChannelName, _ faults: FaultLog, _ read: (Reply) -> Value?
    ) -> Result<Value, BrokerError> {
        switch result {
        case .success(let reply):
            if let value = read(reply) { return .success(value) }
            let reason = "the key of channel \(channel) does not hold what Telltale writes"
            faults.note(reason, on: channel)
            return .failure(.unavailable(reason: reason))
        case .failure(let error):
            if case .refused(let words) = error { faults.note(words, on: channel) }
            return .failure(BrokerError(error))
        }
    }
}

extension BrokerError {
    /// Whatever a server has against a command, the channel can't be used now, and nothing has changed that was acknowledged.
    init(_ error: RedisError) {
        self =
            switch error {
            case .unreachable(let reason), .unusable(let reason): .unavailable(reason: reason)
            case .refused(let words): .unavailable(reason: "Redis answered \(words)")
            }
    }
}

extension Result {
    /// The values, or the same failure for each of `count`.
    fileprivate func get<Element>(orEach count: Int) -> [Result<Element, Failure>]
    where Success == [Result<Element, Failure>] {
        switch self {
        case .success(let values): values
        case .failure(let error): Array(repeating: .failure(error), count: count)
        }
    }
}
