import BrokerCore
import Testing

@testable import RedisBroker

/// What goes in which call. The calls are kept until the test answers them.
@Suite(.timeLimit(.minutes(1))) struct PublishQueueTests {
    @Test func `A publication on a channel at rest goes at once, by itself`() async throws {
        let calls = Calls()
        async let answer = calls.queue.publish([try .saying("1")])
        #expect(try await calls.next().data == ["1"])
        calls.answerOldest()
        #expect(try await answer.map { try $0.get().position.offset } == [1])
    }

    @Test func `What is published while a call is under way goes together with the next, in order`() async throws {
        let calls = Calls()
        let first = Task { await calls.queue.publish([try .saying("1")]) }
        _ = try await calls.next()
        let others = Task { await calls.queue.publish(try (2...9).map { try .saying("\($0)") }) }
        try await calls.queue.waits(for: 9)
        #expect(calls.underway == 1)
        calls.answerOldest()
        #expect(try await calls.next().data == (2...9).map(String.init))
        calls.answerOldest()
        #expect(try await first.value.map { try $0.get().position.offset } == [1])
        #expect(try await others.value.map { try $0.get().position.offset } == Array(2...9))
    }

    @Test func `Channels do not wait for one another`() async throws {
        let calls = Calls()
        let slow = Task { await calls.queue.publish([try .saying("1", on: "slow")]) }
        _ = try await calls.next()
        let both = Task { await calls.queue.publish([try .saying("2", on: "slow"), try .saying("3", on: "quick")]) }
        #expect(try await calls.next().channel.rawValue == "quick")
        calls.answerNewest()
        calls.answerOldest()
        #expect(try await calls.next().data == ["2"])
        calls.answerOldest()
        _ = try await slow.value
        #expect(try await both.value.count == 2)
    }

    @Test func `A call holds no more than its bounds, but always one`() async throws {
        let calls = Calls()
        let count = PublishQueue.callPublications + 1
        let first = Task { await calls.queue.publish(try (0..<count).map { try .saying("\($0)") }) }
        #expect(try await calls.next().data.count == PublishQueue.callPublications)
        calls.answerOldest()
        #expect(try await calls.next().data.count == 1)
        calls.answerOldest()
        _ = try await first.value
        let large = String(repeating: "x", count: PublishQueue.callBytes + 1)
        let second = Task { await calls.queue.publish([try .saying(large), try .saying("small")]) }
        for expected in [[large], ["small"]] {
            #expect(try await calls.next().data == expected)
            calls.answerOldest()
        }
        _ = try await second.value
    }

    @Test func `A failed call fails its own publications, and the next goes on`() async throws {
        let calls = Calls()
        let first = Task { await calls.queue.publish([try .saying("1")]) }
        _ = try await calls.next()
        let second = Task { await calls.queue.publish([try .saying("2")]) }
        try await calls.queue.waits(for: 2)
        calls.answerOldest(.unavailable(reason: "gone"))
        _ = try await calls.next()
        calls.answerOldest()
        #expect(try await first.value == [.failure(.unavailable(reason: "gone"))])
        #expect(try await second.value.map { try $0.get().position.offset } == [1])
    }

    @Test func `More than may wait is refused at once, and nothing of it is published`() async throws {
        let calls = Calls()
        let first = Task { await calls.queue.publish([try .saying("1")]) }
        _ = try await calls.next()
        let many = try Array(repeating: Publication.saying("x"), count: PublishQueue.maximumPublications)
        let refused = await calls.queue.publish(many)
        #expect(refused.count == many.count)
        guard case .failure(.unavailable) = refused[0] else {
            Issue.record("unavailable was expected, not \(refused[0])")
            return
        }
        calls.answerOldest()
        _ = try await first.value
        #expect(calls.underway == 0)
    }
}

/// A queue, and the calls it has made.
private final class Calls: Sendable {
    struct Call: Sendable {
        let channel: ChannelName
        let data: [String]
        let completion: @Sendable ([Result<Receipt, BrokerError>]) -> Void
    }

    private struct State {
        var open: [Call] = []
        var tops: [ChannelName: UInt64] = [:]
    }

    let queue: PublishQueue
    private let state = Locked(State())
    private let made: AsyncStream<Call>

    init() {
        let (made, continuation) = AsyncStream.makeStream(of: Call.self)
        self.made = made
        let state = state
        queue = PublishQueue { channel, publications, completion in
            let call = Call(channel: channel, data: publications.map(\.data), completion: completion)
            state.withLock { $0.open.append(call) }
            continuation.yield(call)
        }
    }

    var underway: Int { state.withLock { $0.open.count } }

    /// The next call that is made.
    func next() async throws -> Call {
        var calls = made.makeAsyncIterator()
        return try #require(await calls.next())
    }

    func answerOldest(_ error: BrokerError? = nil) { answer(at: \.startIndex, error) }
    func answerNewest() { answer(at: \.lastIndex, nil) }

    private func answer(at place: KeyPath<[Call], Int>, _ error: BrokerError?) {
        let (call, results) = state.withLock { state in
            let call = state.open.remove(at: state.open[keyPath: place])
            let results = call.data.map { _ -> Result<Receipt, BrokerError> in
                if let error { return .failure(error) }
                let offset = state.tops[call.channel, default: 0] + 1
                state.tops[call.channel] = offset
                return .success(Receipt(position: Position(epoch: .none, offset: offset)))
            }
            return (call, results)
        }
        call.completion(results)
    }
}

extension Array {
    fileprivate var lastIndex: Int { count - 1 }
}

extension PublishQueue {
    /// Waits until so many publications wait for an answer.
    fileprivate func waits(for count: Int) async throws {
        while publicationCount != count {
            try Task.checkCancellation()
            await Task.yield()
        }
    }
}

extension Publication {
    fileprivate static func saying(_ data: String, on channel: String = "c") throws -> Publication {
        Publication(channel: try ChannelName(channel), data: data)
    }
}
