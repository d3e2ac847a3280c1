import BrokerCore
import BrokerSupport
import Testing

@testable import PostgresBroker

/// A publish queue whose calls are kept until the test answers them.
final class PublishWorld: Sendable {
    struct Call: Sendable {
        let number: Int
        let call: PublishCall
        let completion: @Sendable (PublishOutcome) -> Void

        /// What it carries: `channel=data`, in order.
        var content: [String] { call.publications.map { "\($0.channel)=\($0.data)" } }
        var channels: [String] { call.parts.map(\.channel.rawValue) }
    }

    private struct State {
        var made = 0
        var tops: [ChannelName: UInt64] = [:]
    }

    let queue: PublishQueue
    private let state: Locked<State>
    private let calls: AsyncStream<Call>

    init(prompt: Int = 2, patient: Int = 2, timeout: Duration = .seconds(2)) {
        let (calls, continuation) = AsyncStream.makeStream(of: Call.self)
        self.calls = calls
        let state = Locked(State())
        self.state = state
        queue = PublishQueue(limits: .init(promptCalls: prompt, patientCalls: patient, timeout: timeout)) {
            call, completion in
            let number = state.withLock { state in
                state.made += 1
                return state.made
            }
            continuation.yield(Call(number: number, call: call, completion: completion))
        }
    }

    /// Calls made so far.
    var made: Int { state.withLock { $0.made } }

    /// The next call that is made.
    func next() async throws -> Call {
        var calls = calls.makeAsyncIterator()
        return try #require(await calls.next())
    }

    /// Publishes all of a call but what is on `busy` channels.
    func answer(_ call: Call, busy: Set<String> = []) {
        let answers = call.call.publications.map { publication -> AppendAnswer in
            guard !busy.contains(publication.channel.rawValue) else { return .busy }
            let offset = state.withLock { state in
                state.tops[publication.channel, default: 0] += 1
                return state.tops[publication.channel, default: 0]
            }
            return .settled(.success(Receipt(position: Position(epoch: .none, offset: offset))))
        }
        call.completion(.answered(answers))
    }

    /// Publishes in a task of its own.
    func publish(_ texts: [String]) throws -> Task<[Result<Receipt, BrokerError>], Never> {
        let publications = try texts.map { try Publication.saying($0) }
        return Task { await queue.publish(publications) }
    }

    /// Waits until so many publications wait for an answer.
    func waits(for count: Int) async throws {
        while queue.publicationCount != count {
            try Task.checkCancellation()
            await Task.yield()
        }
    }
}

extension Publication {
    /// A publication in the short form `channel=data`.
    static func saying(_ text: String) throws -> Publication {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        return Publication(channel: try ChannelName(parts[0]), data: parts[1])
    }
}

extension [Result<Receipt, BrokerError>] {
    var offsets: [UInt64] { get throws { try map { try $0.get().position.offset } } }
}
