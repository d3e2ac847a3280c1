import BrokerCore
import MemoryBroker
import Testing

/// A clock that stands still until it is moved.
final class ManualClock: Sendable {
    private let milliseconds = Locked<Int64>(1_700_000_000_000)

    var clock: MemoryClock {
        MemoryClock(wall: { self.milliseconds.withLock { $0 } }, elapsed: { self.milliseconds.withLock { $0 } })
    }

    func advance(by duration: Duration) {
        milliseconds.withLock { $0 += duration.components.seconds * 1000 }
    }
}

/// Two handles on one store, as two processes would have them, and its clock.
struct World {
    let clock = ManualClock()
    let store: MemoryStore
    let writer: MemoryBroker
    let reader: MemoryBroker
    let channel: ChannelName

    init(
        _ retention: RetentionPolicy = RetentionPolicy(), messageBytes: Int = 64 << 10,
        capacity: Int = MemoryStore.defaultCapacity
    ) throws {
        let settings = BrokerSettings(retention: retention, messageBytes: messageBytes)
        store = MemoryStore(settings: settings, capacity: capacity, clock: clock.clock)
        writer = MemoryBroker(store: store)
        reader = MemoryBroker(store: store)
        channel = try ChannelName("build:42")
    }

    func publish(
        _ data: String, keeping: Keeping = .logged, expect: UInt64? = nil, fence: UInt64? = nil, closes: Bool = false,
        key: String? = nil, on channel: ChannelName? = nil
    ) async throws -> Receipt {
        let publication = Publication(
            channel: channel ?? self.channel, data: data, keeping: keeping, expect: expect, fence: fence,
            closes: closes, idempotencyKey: try key.map { try IdempotencyKey($0) })
        return try #require(await writer.publish([publication]).first).get()
    }

    func recover(_ start: Start, limit: RecoveryLimit = .unlimited) async throws -> Recovery {
        try await reader.recover(channel, from: start, limit: limit)
    }

    /// The offsets of the whole channel after `start`, read in pages.
    func paged(_ start: Start, by messages: Int, between: () async throws -> Void = {}) async throws -> [UInt64] {
        var offsets: [UInt64] = []
        var page = try await recover(start, limit: RecoveryLimit(messages: messages, bytes: .max))
        while true {
            #expect(page.gap == nil)
            offsets += page.messages.map(\.offset)
            if page.reachesTop { return offsets }
            try await between()
            page = try await recover(.after(page.end), limit: RecoveryLimit(messages: messages, bytes: .max))
        }
    }
}

extension RetainKey {
    static func named(_ name: String) throws -> RetainKey { try RetainKey(name) }
}
