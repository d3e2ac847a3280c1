import BrokerCore
import Testing

@testable import PostgresBroker

@Suite struct ListenTableTests {
    private let a: ChannelName
    private let b: ChannelName
    /// Another of `a`'s bucket.
    private let twin: ChannelName

    init() throws {
        let names = try (0..<2_000).map { try ChannelName("c\($0)") }
        a = names[0]
        b = try #require(names.first { Bucket(of: $0) != Bucket(of: names[0]) })
        twin = try #require(names.dropFirst().first { Bucket(of: $0) == Bucket(of: names[0]) })
    }

    private func up(_ names: ChannelName...) -> ListenTable {
        var table = ListenTable()
        _ = table.connected()
        _ = table.attach(names, waiter: 0)
        for name in names { _ = table.answered(Bucket(of: name)) }
        return table
    }

    private func listen(_ names: ChannelName...) -> [ListenTable.Command] { names.map { .listen(Bucket(of: $0)) } }

    @Test func `Attach is done when the server has confirmed`() {
        var table = up()
        let asked = table.attach([a, b], waiter: 1)
        #expect(asked.commands.count == 2 && listen(a, b).allSatisfy(asked.commands.contains))
        #expect(asked.finished.isEmpty && asked.events.isEmpty)
        #expect(table.answered(Bucket(of: a)).finished.isEmpty)
        #expect(table.answered(Bucket(of: b)).finished == [1])
    }

    @Test func `Attaching what is attached, or shares its bucket, is done at once and asks for nothing`() {
        var table = up(a)
        let again = table.attach([a, twin, a], waiter: 1)
        #expect(again.finished == [1] && again.commands.isEmpty && again.events.isEmpty)
        #expect(table.isWanted(twin))
    }

    @Test func `Two who attach channels of one bucket wait for one confirmation`() {
        var table = up()
        #expect(table.attach([a], waiter: 1).commands == listen(a))
        #expect(table.attach([twin, twin], waiter: 2).commands.isEmpty)
        #expect(table.answered(Bucket(of: a)).finished.sorted() == [1, 2])
    }

    @Test func `A bucket is listened to while one of its channels is wanted`() {
        var table = up(a, twin)
        #expect(table.detach([a]).commands.isEmpty)
        #expect(!table.isWanted(a) && table.isWanted(twin))
        #expect(table.detach([a, twin, twin]).commands == [.unlisten(Bucket(of: a))])
    }

    @Test func `Attaching without a connection tells the loss, and is done`() {
        var table = ListenTable()
        let effects = table.attach([a], waiter: 1)
        #expect(effects.finished == [1] && effects.commands.isEmpty)
        #expect(effects.events == [.continuityLost(.channels([a]))])
        let connected = table.connected()
        #expect(connected.commands == listen(a) && connected.events.isEmpty)
        #expect(table.answered(Bucket(of: a)).events == [.continuityRestored(.everything)])
    }

    @Test func `A first connection restores nothing, because nothing was lost`() {
        var table = ListenTable()
        #expect(table.connected().events.isEmpty)
        #expect(table.phase == .up)
    }

    @Test func `Loss is told at once and once, and restoration when all are confirmed`() {
        var table = up(a, b)
        #expect(table.lost().events == [.continuityLost(.everything)])
        #expect(table.lost().events.isEmpty)
        let connected = table.connected()
        #expect(connected.events.isEmpty && connected.commands.count == 2)
        #expect(table.answered(Bucket(of: a)).events.isEmpty)
        #expect(table.phase == .restoring)
        #expect(table.answered(Bucket(of: b)).events == [.continuityRestored(.everything)])
    }

    @Test func `A loss while nothing is attached is restored with the next connection`() {
        var table = up()
        #expect(table.lost().events == [.continuityLost(.everything)])
        #expect(table.connected().events == [.continuityRestored(.everything)])
    }

    @Test func `Who waits is released by a loss, after it was told`() {
        var table = up()
        _ = table.attach([a], waiter: 1)
        let effects = table.lost()
        #expect(effects.finished == [1] && effects.events == [.continuityLost(.everything)])
    }

    @Test func `Restoration does not wait for a channel that is not wanted any more`() {
        var table = up(a)
        _ = table.lost()
        _ = table.connected()
        #expect(table.detach([a]).events == [.continuityRestored(.everything)])
    }

    @Test func `Restoration does not wait for channels that are attached meanwhile`() {
        var table = up(a)
        _ = table.lost()
        _ = table.connected()
        _ = table.attach([b], waiter: 1)
        let heard = table.answered(Bucket(of: a))
        #expect(heard.events == [.continuityRestored(.everything)] && heard.finished.isEmpty)
        #expect(table.answered(Bucket(of: b)).finished == [1])
    }

    @Test func `Detach and attach while a confirmation is under way ends attached`() {
        var table = up()
        _ = table.attach([a], waiter: 1)
        #expect(table.detach([a]).finished == [1])
        #expect(table.attach([a], waiter: 2).commands.isEmpty)
        let answered = table.answered(Bucket(of: a))
        #expect(answered.finished == [2] && answered.commands.isEmpty)
    }

    @Test func `Attach while UNLISTEN is under way listens again, and is done only then`() {
        var table = up(a)
        #expect(table.detach([a]).commands == [.unlisten(Bucket(of: a))])
        let attach = table.attach([a], waiter: 1)
        #expect(attach.finished.isEmpty && attach.commands.isEmpty)
        let again = table.answered(Bucket(of: a))
        #expect(again.commands == listen(a) && again.finished.isEmpty)
        #expect(table.answered(Bucket(of: a)).finished == [1])
    }

    @Test func `Attaching nothing is done at once`() {
        var table = up()
        #expect(table.attach([], waiter: 1).finished == [1])
        _ = table.lost()
        let effects = table.attach([], waiter: 2)
        #expect(effects.finished == [2] && effects.events.isEmpty)
    }

    @Test func `A bucket's name holds two digits, and is the low six bits of the name's SHA-256`() throws {
        #expect(Bucket(5).name(in: "telltale") == "telltale_05")
        #expect(Bucket(63).name(in: "x") == "x_63")
        #expect(Bucket(of: try ChannelName("build:42")).index == 0x17)
        #expect(Bucket(of: try ChannelName("news")).index == 0x19)
    }
}
