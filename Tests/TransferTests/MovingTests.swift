import BrokerCore
import BrokerTransfer
import MemoryBroker
import Testing

/// Copying while publishers write.
@Suite(.timeLimit(.minutes(2))) struct MovingTests {
    /// A store whose channels are published to between the pages.
    private final class Disturbed: ChannelStore {
        let inner: any ChannelStore
        let broker: any Broker
        let disturbances: Locked<Int>

        /// - Parameter times: how often that happens.
        init(_ side: MemoryStore, times: Int) {
            inner = side
            broker = MemoryBroker(store: side)
            disturbances = Locked(times)
        }

        func channels(after name: ChannelName?) async throws(BrokerError) -> [ChannelSummary] {
            try await inner.channels(after: name)
        }

        func export(_ channel: ChannelName, from place: TransferPlace, bytes: Int) async throws(BrokerError)
            -> TransferPage?
        {
            let page = try await inner.export(channel, from: place, bytes: bytes)
            let isDue = disturbances.withLock { left in
                left -= 1
                return left >= 0
            }
            if isDue { _ = await broker.publish([Publication(channel: channel, data: "more")]) }
            return page
        }

        func tasks(after record: TaskRecord?) async throws(BrokerError) -> [TaskRecord] {
            try await inner.tasks(after: record)
        }

        func restore(_ tasks: [TaskRecord]) async throws(BrokerError) { try await inner.restore(tasks) }

        func restoration(of channel: ChannelName) async throws(BrokerError) -> any ChannelRestoration {
            try await inner.restoration(of: channel)
        }
    }

    /// A channel that takes two pages.
    private static func filled() async -> MemoryStore {
        let store = MemoryStore()
        let data = String(repeating: "x", count: 60_000)
        _ = await MemoryBroker(store: store).publish((1...12).map { _ in Publication(channel: "busy", data: data) })
        return store
    }

    @Test func `A channel that moves under the copy is begun anew until it stands still`() async throws {
        let (source, target) = (await Self.filled(), MemoryStore())
        let report = try await BrokerCopy(source: Disturbed(source, times: 4), target: target).run()
        #expect(report.isComplete)
        #expect(try await Content(of: "busy", in: source).lasting == Content(of: "busy", in: target).lasting)
    }

    @Test func `A channel that never stands still is named, and is not there in part`() async throws {
        let (source, target) = (await Self.filled(), MemoryStore())
        _ = await MemoryBroker(store: source).publish([Publication(channel: "still", data: "x")])
        let report = try await BrokerCopy(source: Disturbed(source, times: .max), target: target).run()
        #expect(!report.isComplete && report.moving.names.contains("busy"))
        #expect(try await target.head(of: "busy") == nil)
    }

    @Test func `A channel that moves after it was copied is copied again`() async throws {
        let (source, target) = (MemoryStore(), MemoryStore())
        _ = await MemoryBroker(store: source).publish([Publication(channel: "quick", data: "x")])
        // The one page is read before the disturbance.
        let report = try await BrokerCopy(source: Disturbed(source, times: 2), target: target).run()
        #expect(report.isComplete && report.copied == 3)
        #expect(try await target.head(of: "quick")?.top == 3)
    }

    @Test func `A channel that is deleted meanwhile is gone`() async throws {
        let (source, target) = (await Self.filled(), MemoryStore())
        let broker = MemoryBroker(store: source)
        let report = try await BrokerCopy(source: Vanishing(inner: source, broker: broker), target: target).run()
        #expect(report.isComplete && report.copied == 0)
        #expect(try await target.channels(after: nil).isEmpty)
    }

    /// A store whose channels are deleted when their first page has been read.
    private struct Vanishing: ChannelStore {
        let inner: any ChannelStore
        let broker: any Broker

        func channels(after name: ChannelName?) async throws(BrokerError) -> [ChannelSummary] {
            try await inner.channels(after: name)
        }

        func export(_ channel: ChannelName, from place: TransferPlace, bytes: Int) async throws(BrokerError)
            -> TransferPage?
        {
            let page = try await inner.export(channel, from: place, bytes: bytes)
            _ = try await broker.delete(channel)
            return page
        }

        func tasks(after record: TaskRecord?) async throws(BrokerError) -> [TaskRecord] {
            try await inner.tasks(after: record)
        }

        func restore(_ tasks: [TaskRecord]) async throws(BrokerError) { try await inner.restore(tasks) }

        func restoration(of channel: ChannelName) async throws(BrokerError) -> any ChannelRestoration {
            try await inner.restoration(of: channel)
        }
    }
}
