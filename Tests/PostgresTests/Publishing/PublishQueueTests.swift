import BrokerCore
import BrokerSupport
import Testing

@testable import PostgresBroker

/// What goes in which call.
@Suite(.timeLimit(.minutes(1))) struct PublishQueueTests {
    @Test func `A publication on a queue at rest goes at once, by itself`() async throws {
        let world = PublishWorld()
        let answer = try world.publish(["a=1"])
        let call = try await world.next()
        #expect(call.content == ["a=1"] && call.call.patience == .zero)
        world.answer(call)
        #expect(try await answer.value.offsets == [1])
    }

    @Test func `What is published while all calls are under way goes together with the next, in order`() async throws {
        let world = PublishWorld(prompt: 1)
        let first = try world.publish(["a=1"])
        let call = try await world.next()
        let second = try world.publish(["b=1", "a=2", "b=2"])
        try await world.waits(for: 4)
        let third = try world.publish(["a=3"])
        try await world.waits(for: 5)
        #expect(world.made == 1)
        world.answer(call)
        let next = try await world.next()
        #expect(next.content.filter { $0.hasPrefix("a") } == ["a=2", "a=3"])
        #expect(next.content.filter { $0.hasPrefix("b") } == ["b=1", "b=2"])
        world.answer(next)
        #expect(try await first.value.offsets == [1])
        #expect(try await second.value.offsets == [1, 2, 2])
        #expect(try await third.value.offsets == [3])
    }

    @Test func `A channel is in one call at a time, and others go meanwhile`() async throws {
        let world = PublishWorld(prompt: 2)
        let first = try world.publish(["a=1"])
        let slow = try await world.next()
        let second = try world.publish(["a=2", "b=1"])
        let quick = try await world.next()
        #expect(quick.content == ["b=1"])
        world.answer(quick)
        try await world.waits(for: 2)
        world.answer(slow)
        let last = try await world.next()
        #expect(last.content == ["a=2"])
        world.answer(last)
        #expect(try await first.value.offsets == [1])
        #expect(try await second.value.offsets == [2, 1])
    }

    @Test func `A call holds no more than its bounds, but always one`() async throws {
        let world = PublishWorld(prompt: 1)
        let count = PublishCall.maximumPublications + 1
        let first = try world.publish((0..<count).map { "a=\($0)" })
        for expected in [PublishCall.maximumPublications, 1] {
            let call = try await world.next()
            #expect(call.content.count == expected)
            world.answer(call)
        }
        #expect(try await first.value.offsets.last == UInt64(count))
        let large = String(repeating: "x", count: PublishCall.maximumBytes + 1)
        let second = try world.publish(["a=\(large)", "a=small", "b=\(large)", "c=small"])
        for expected in [["a"], ["b"], ["c", "a"]] {
            let call = try await world.next()
            #expect(call.channels == expected)
            world.answer(call)
        }
        #expect(await second.value.count == 4)
    }

    @Test func `A channel with very much to publish lets the others go between its calls`() async throws {
        let world = PublishWorld(prompt: 1)
        let storm = try world.publish((0..<PublishCall.maximumPublications * 4).map { "a=\($0)" })
        let first = try await world.next()
        let other = try world.publish(["b=1"])
        try await world.waits(for: PublishCall.maximumPublications * 4 + 1)
        world.answer(first)
        let second = try await world.next()
        #expect(second.channels == ["b", "a"])
        world.answer(second)
        #expect(try await other.value.offsets == [1])
        for _ in 0..<3 { world.answer(try await world.next()) }
        #expect(try await storm.value.offsets.count == PublishCall.maximumPublications * 4)
    }

    @Test func `A failed call fails its own publications, and the next goes on`() async throws {
        let world = PublishWorld(prompt: 1)
        let first = try world.publish(["a=1", "b=1"])
        let call = try await world.next()
        let second = try world.publish(["a=2"])
        try await world.waits(for: 3)
        call.completion(.failed(.unavailable(reason: "gone")))
        world.answer(try await world.next())
        #expect(await first.value == Array(repeating: .failure(.unavailable(reason: "gone")), count: 2))
        #expect(try await second.value.offsets == [1])
    }

    @Test func `What was rolled back for one channel's sake goes again, each channel by itself`() async throws {
        let world = PublishWorld(prompt: 1)
        let both = try world.publish(["a=1", "b=1"])
        try await world.next().completion(.rolledBack(.unavailable(reason: "spoilt")))
        for _ in 0..<2 {
            let call = try await world.next()
            if call.channels == ["a"] {
                call.completion(.rolledBack(.unavailable(reason: "spoilt")))
            } else {
                #expect(call.channels == ["b"])
                world.answer(call)
            }
        }
        let results = await both.value
        #expect(results[0] == .failure(.unavailable(reason: "spoilt")))
        #expect(try results[1].get().position.offset == 1)
    }

    @Test func `More than may wait is refused at once, and nothing of it is published`() async throws {
        let world = PublishWorld()
        let first = try world.publish(["a=1"])
        let call = try await world.next()
        let many = try Array(repeating: Publication.saying("a=x"), count: PublishQueue.maximumPublications)
        let refused = await world.queue.publish(many)
        #expect(refused.count == many.count)
        guard case .failure(.unavailable(let reason)) = refused[0] else {
            Issue.record("unavailable was expected, not \(refused[0])")
            return
        }
        #expect(reason == "65536 publications or 128 MiB wait for Postgres")
        world.answer(call)
        #expect(try await first.value.offsets == [1])
        #expect(world.made == 1 && world.queue.publicationCount == 0)
    }

    @Test func `Calls that are answered at once, as while the server is down, need no stack`() async throws {
        let queue = PublishQueue(limits: .init(promptCalls: 1, patientCalls: 1, timeout: .seconds(2))) {
            call, completion in
            completion(.failed(.unavailable(reason: "down")))
        }
        let many = try Array(repeating: Publication.saying("a=x"), count: PublishQueue.maximumPublications)
        let results = await queue.publish(many)
        #expect(results.allSatisfy { $0 == .failure(.unavailable(reason: "down")) })
        #expect(results.count == many.count && queue.publicationCount == 0)
    }
}
