import BrokerCore
import Testing

/// All that a channel holds, as an export of small pages brings it; what differs from moment to moment is apart.
struct Content: Hashable {
    var head: ChannelHead?
    /// By offset.
    var log: [Announcement] = []
    /// By offset.
    var retained: [Announcement] = []
    var keys: [IdempotencyKey: UInt64] = [:]
    /// The oldest key's.
    var age = Duration.zero

    /// - Parameter bytes: the size of a page.
    init(of channel: ChannelName, in store: any ChannelStore, bytes: Int = 1) async throws {
        var place: TransferPlace? = .start
        while let next = place, let page = try await store.export(channel, from: next, bytes: bytes) {
            #expect(head == nil || head?.position == page.head.position)
            head = page.head
            for item in page.items { note(item) }
            place = page.next
        }
        retained.sort { $0.message.offset < $1.message.offset }
    }

    private mutating func note(_ item: TransferItem) {
        switch item {
        case .logged(let announcement): log.append(announcement)
        case .retained(let announcement): retained.append(announcement)
        case .key(let key, let offset, let age):
            keys[key] = offset
            self.age = max(self.age, age)
        }
    }

    /// The same without what time changes, what a memory broker does not keep, and how the channel came there.
    var lasting: Content {
        var content = self
        content.head?.life = .zero
        content.head?.copied = nil
        content.age = .zero
        content.log = log.map { Announcement(message: $0.message, conflated: $0.conflated, closes: false) }
        content.retained = retained.map { Announcement(message: $0.message, conflated: $0.conflated, closes: false) }
        return content
    }
}

extension ChannelName: ExpressibleByStringLiteral {
    /// For names that are right.
    public init(stringLiteral text: String) {
        do { try self.init(text) } catch { preconditionFailure("\(error)") }
    }
}

extension RetainKey: ExpressibleByStringLiteral {
    /// For keys that are right.
    public init(stringLiteral text: String) {
        do { try self.init(text) } catch { preconditionFailure("\(error)") }
    }
}

extension IdempotencyKey: ExpressibleByStringLiteral {
    /// For keys that are right.
    public init(stringLiteral text: String) {
        do { try self.init(text) } catch { preconditionFailure("\(error)") }
    }
}
