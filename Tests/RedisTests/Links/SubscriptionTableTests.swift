import BrokerCore
import Testing

@testable import RedisBroker

@Suite struct SubscriptionTableTests {
    private typealias Effects = SubscriptionTable.Effects
    private let a: ChannelName
    private let b: ChannelName

    init() throws {
        a = try ChannelName("a")
        b = try ChannelName("b")
    }

    /// What the server says, at once.
    private func hear(
        _ table: inout SubscriptionTable, _ body: (inout SubscriptionTable, inout Effects) -> Void
    ) -> Effects {
        var effects = Effects()
        body(&table, &effects)
        table.settle(&effects)
        return effects
    }

    private func up(_ scope: SubscriptionTable.Scope = .everything, _ names: ChannelName...) -> SubscriptionTable {
        var table = SubscriptionTable(scope: scope)
        _ = table.connected()
        _ = table.attach(names, waiter: nil)
        _ = hear(&table) { table, effects in for name in names { table.subscribed(name, &effects) } }
        return table
    }

    @Test func `Attach is done when the server has confirmed`() {
        var table = up()
        let asked = table.attach([a, b], waiter: 1)
        #expect(asked.commands == [SubscriptionCommand(kind: .subscribe, channels: [a, b])])
        #expect(asked.finished.isEmpty && asked.events.isEmpty)
        #expect(hear(&table) { $0.subscribed(a, &$1) }.finished.isEmpty)
        #expect(hear(&table) { $0.subscribed(b, &$1) }.finished == [1])
    }

    @Test func `Attaching what is attached is done at once, and asks for nothing`() {
        var table = up(.everything, a)
        let again = table.attach([a, a], waiter: 1)
        #expect(again.finished == [1] && again.commands.isEmpty && again.events.isEmpty)
    }

    @Test func `Two who attach one channel wait for one confirmation`() {
        var table = up()
        _ = table.attach([a], waiter: 1)
        #expect(table.attach([a, a], waiter: 2).commands.isEmpty)
        #expect(hear(&table) { $0.subscribed(a, &$1) }.finished.sorted() == [1, 2])
    }

    @Test func `Attaching without a connection tells the loss, and is done`() {
        var table = SubscriptionTable(scope: .everything)
        let effects = table.attach([a], waiter: 1)
        #expect(effects.finished == [1])
        #expect(effects.events == [.continuityLost(.channels([a]))])
        let connected = table.connected()
        #expect(connected.commands == [SubscriptionCommand(kind: .subscribe, channels: [a])])
        #expect(connected.events.isEmpty)
        #expect(hear(&table) { $0.subscribed(a, &$1) }.events == [.continuityRestored(.everything)])
    }

    @Test func `A first connection restores nothing, because nothing was lost`() {
        var table = SubscriptionTable(scope: .everything)
        #expect(table.connected().events.isEmpty)
        #expect(table.phase == .up)
    }

    @Test func `Loss is told at once, and restoration when all are confirmed`() {
        var table = up(.everything, a, b)
        #expect(table.lost().events == [.continuityLost(.everything)])
        #expect(table.lost().events.isEmpty)
        let connected = table.connected()
        #expect(connected.events.isEmpty)
        let order = connected.commands.flatMap(\.channels)
        #expect(order.sorted() == [a, b])
        #expect(hear(&table) { $0.subscribed(order[0], &$1) }.events.isEmpty)
        #expect(table.phase == .restoring)
        #expect(hear(&table) { $0.subscribed(order[1], &$1) }.events == [.continuityRestored(.everything)])
    }

    @Test func `Who waits is released by a loss`() {
        var table = up()
        _ = table.attach([a], waiter: 1)
        #expect(table.lost().finished == [1])
    }

    @Test func `Restoration does not wait for a channel that is not wanted any more`() {
        var table = up(.everything, a)
        _ = table.lost()
        _ = table.connected()
        #expect(table.detach([a]).events == [.continuityRestored(.everything)])
    }

    @Test func `Restoration does not wait for channels that are attached meanwhile`() {
        var table = up(.everything, a)
        _ = table.lost()
        _ = table.connected()
        _ = table.attach([b], waiter: 1)
        let heard = hear(&table) { $0.subscribed(a, &$1) }
        #expect(heard.events == [.continuityRestored(.everything)] && heard.finished.isEmpty)
        #expect(hear(&table) { $0.subscribed(b, &$1) }.finished == [1])
    }

    @Test func `Detach and attach while a confirmation is under way ends attached`() {
        var table = up()
        _ = table.attach([a], waiter: 1)
        #expect(table.detach([a]).finished == [1])
        _ = table.attach([a], waiter: 2)
        #expect(hear(&table) { $0.subscribed(a, &$1) }.finished == [2])
    }

    @Test func `Attach while UNSUBSCRIBE is under way subscribes again, and is done only then`() {
        var table = up(.everything, a)
        #expect(table.detach([a]).commands.map(\.kind) == [.unsubscribe])
        #expect(table.attach([a], waiter: 1).finished.isEmpty)
        let again = hear(&table) { $0.unsubscribed(a, &$1) }
        #expect(again.commands == [SubscriptionCommand(kind: .subscribe, channels: [a])] && again.finished.isEmpty)
        #expect(hear(&table) { $0.subscribed(a, &$1) }.finished == [1])
    }

    @Test func `Commands name a bounded number of channels, and a bounded number is under way`() throws {
        var table = up()
        let names = try (0..<25_000).map { try ChannelName("c\($0)") }
        let first = table.attach(names, waiter: 1)
        #expect(first.commands.allSatisfy { $0.channels.count <= SubscriptionTable.channelsPerCommand })
        #expect(first.commands.flatMap(\.channels).count == SubscriptionsUnderway.maximumChannels)
        var effects = first
        var confirmed = 0
        while !effects.commands.isEmpty {
            let channels = effects.commands.flatMap(\.channels)
            confirmed += channels.count
            effects = hear(&table) { table, effects in for name in channels { table.subscribed(name, &effects) } }
        }
        #expect(confirmed == 25_000 && effects.finished == [1])
    }

    @Test func `A refused SUBSCRIBE makes the connection useless`() {
        var table = up()
        _ = table.attach([a], waiter: 1)
        #expect(hear(&table) { $0.refused("NOPERM", &$1) }.drop == "NOPERM")
    }
}

// MARK: In a cluster

extension SubscriptionTableTests {
    @Test func `In a cluster a command names one channel, and continuity is told of the link's own`() {
        var table = up(.channels, a, b)
        guard case .continuityLost(.channels(let lost))? = table.lost().events.first else {
            return #expect(Bool(false), "no loss was told")
        }
        #expect(lost.sorted() == [a, b])
        let order = table.connected().commands.flatMap(\.channels)
        #expect(order.count == 2)
        let events = hear(&table) { table, effects in for name in order { table.subscribed(name, &effects) } }.events
        #expect(events == [.continuityRestored(.channels(order))])
    }

    @Test func `A channel whose slot has moved is handed back, its loss told`() {
        var table = up(.channels, a, b)
        let effects = hear(&table) { $0.unsubscribed(a, &$1) }
        #expect(effects.handedBack == [a])
        #expect(effects.events == [.continuityLost(.channels([a]))])
        #expect(table.wanted == [b])
    }

    @Test func `A channel that is refused is handed back, and the others go on`() {
        var table = up(.channels)
        _ = table.attach([a, b], waiter: 1)
        let effects = hear(&table) { table, effects in
            table.refused("MOVED 1 127.0.0.1:1", &effects)
            table.subscribed(b, &effects)
        }
        #expect(effects.handedBack == [a] && effects.finished == [1] && effects.drop == nil)
    }

    @Test func `A channel that comes from another link is restored here`() {
        var table = up(.channels)
        #expect(table.attach([a], waiter: 1, interrupted: true).events.isEmpty)
        #expect(hear(&table) { $0.subscribed(a, &$1) }.events == [.continuityRestored(.channels([a]))])
    }

    @Test func `A channel that is detached while it is interrupted is restored with that`() {
        var table = up(.channels, a)
        _ = table.lost()
        #expect(table.detach([a]).events == [.continuityRestored(.channels([a]))])
    }
}
