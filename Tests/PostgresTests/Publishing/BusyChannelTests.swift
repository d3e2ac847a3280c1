import BrokerCore
import BrokerSupport
import Testing

@testable import PostgresBroker

/// Channels whose row another transaction holds.
@Suite(.timeLimit(.minutes(1))) struct BusyChannelTests {
    @Test func `A held channel goes by itself, with patience, and the others don't wait for it`() async throws {
        let world = PublishWorld(prompt: 1)
        let both = try world.publish(["a=1", "b=1"])
        world.answer(try await world.next(), busy: ["a"])
        let patient = try await world.next()
        #expect(patient.content == ["a=1"] && patient.call.patience == PublishLanes.longestPatience)
        let other = try world.publish(["c=1"])
        let prompt = try await world.next()
        #expect(prompt.content == ["c=1"] && prompt.call.patience == .zero)
        world.answer(prompt)
        #expect(try await other.value.offsets == [1])
        world.answer(patient)
        #expect(try await both.value.offsets == [1, 1])
    }

    @Test func `What is published on a held channel goes behind what was there before, however often it is tried`()
        async throws
    {
        let world = PublishWorld(prompt: 1)
        let first = try world.publish(["a=1", "a=2"])
        world.answer(try await world.next(), busy: ["a"])
        var tasks = [first]
        for turn in 3...6 {
            let call = try await world.next()
            #expect(call.content == (1..<turn).map { "a=\($0)" })
            tasks.append(try world.publish(["a=\(turn)"]))
            try await world.waits(for: turn)
            world.answer(call, busy: ["a"])
        }
        let last = try await world.next()
        #expect(last.content == (1...6).map { "a=\($0)" })
        world.answer(last)
        var offsets: [UInt64] = []
        for task in tasks { offsets += try await task.value.offsets }
        #expect(offsets == Array(1...6))
    }

    @Test func `A channel that is free again goes promptly`() async throws {
        let world = PublishWorld(prompt: 1)
        let first = try world.publish(["a=1"])
        world.answer(try await world.next(), busy: ["a"])
        world.answer(try await world.next())
        #expect(try await first.value.offsets == [1])
        let second = try world.publish(["a=2"])
        let call = try await world.next()
        #expect(call.call.patience == .zero)
        world.answer(call)
        #expect(try await second.value.offsets == [2])
    }

    @Test func `Who has waited too long is told, and who came later waits on`() throws {
        var lanes = PublishLanes(limits: .init(promptCalls: 1, patientCalls: 1, timeout: .seconds(2)))
        let start = ContinuousClock.now
        func entry(_ text: String, after time: Duration) throws -> PublishEntry {
            let request = PublishRequest(count: 1) { _ in }
            return PublishEntry(publication: try .saying(text), request: request, index: 0, since: start + time)
        }
        lanes.append(try entry("a=1", after: .zero))
        lanes.append(try entry("a=2", after: .milliseconds(500)))
        for time in [0, 250, 500, 1_999] {
            let next = lanes.next(now: start)
            let call = try #require(next)
            let told = lanes.answered(call, .answered([.busy, .busy]), now: start + .milliseconds(time))
            #expect(told.isEmpty && call.publications.map(\.data) == ["1", "2"])
        }
        lanes.append(try entry("a=3", after: .milliseconds(1_999)))
        let next = lanes.next(now: start)
        let last = try #require(next)
        let told = lanes.answered(last, .answered([.busy, .busy, .busy]), now: start + .seconds(2))
        #expect(told.map(\.0.publication.data) == ["1"])
        let reason = "the channel is locked by another transaction"
        #expect(told.map(\.1) == [.failure(.unavailable(reason: reason))])
        #expect(lanes.next(now: start)?.publications.map(\.data) == ["2", "3"])
    }

    @Test func `Of a call that is taken back each channel goes by itself, and then each publication of one`()
        async throws
    {
        let world = PublishWorld(prompt: 1, patient: 1)
        let spoilt = PublishOutcome.rolledBack(.unavailable(reason: "spoilt"))
        let both = try world.publish(["a=1", "a=2", "a=3", "b=1"])
        try await world.next().completion(spoilt)
        let first = try await world.next()
        #expect(first.content == ["a=1", "a=2", "a=3"])
        first.completion(spoilt)
        let other = try await world.next()
        #expect(other.content == ["b=1"])
        world.answer(other)
        for number in 1...3 {
            let call = try await world.next()
            #expect(call.content == ["a=\(number)"] && call.call.isPatient)
            if number == 2 { call.completion(spoilt) } else { world.answer(call) }
        }
        let results = await both.value
        #expect(results[1] == .failure(.unavailable(reason: "spoilt")))
        #expect(try [results[0], results[2], results[3]].offsets == [1, 2, 1])
        let later = try world.publish(["a=4", "a=5"])
        let call = try await world.next()
        #expect(call.content == ["a=4", "a=5"] && !call.call.isPatient)
        world.answer(call)
        #expect(try await later.value.offsets == [3, 4])
    }

    @Test func `Held channels take turns, and the more there are the shorter each is`() async throws {
        let world = PublishWorld(prompt: 1, patient: 1)
        let names = (10..<60).map { "c\($0)" }
        let tasks = try names.map { try world.publish(["\($0)=1"]) }
        var prompt = 0
        while prompt < names.count {
            let call = try await world.next()
            if call.call.patience == .zero {
                prompt += call.channels.count
                world.answer(call, busy: Set(call.channels))
            } else {
                world.answer(call, busy: Set(call.channels))
            }
        }
        var turns: [String: Int] = [:]
        for turn in 0..<names.count * 3 {
            let call = try await world.next()
            // The first was made while few were held.
            #expect(
                turn == 0 || PublishLanes.shortestPatience..<PublishLanes.shortestPatience * 2 ~= call.call.patience)
            turns[call.channels[0], default: 0] += 1
            world.answer(call, busy: Set(call.channels))
        }
        #expect(turns.count == names.count && turns.values.allSatisfy { 2...4 ~= $0 }, "\(turns)")
        for _ in names { world.answer(try await world.next()) }
        for task in tasks { #expect(try await task.value.offsets == [1]) }
    }
}
