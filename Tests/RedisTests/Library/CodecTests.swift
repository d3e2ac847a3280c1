import BrokerCore
import Testing

@testable import RedisBroker

struct CodecTests {
    private let channel: ChannelName
    private let epoch: Epoch

    init() throws {
        channel = try ChannelName("c")
        epoch = try #require(Epoch("k3f9"))
    }

    @Test func `every answer to a publication is read as what it is`() {
        let reply = Reply.array([
            .bulk("k3f9"), .integer(7), .bulk("duplicate 3"), .bulk("conflict 0"), .bulk("fenced 9007199254740991"),
            .bulk("closed 7"), .bulk("toolarge 70000 65536"), .bulk("expectwithoutkey"),
        ])
        let expected: [Result<Receipt, BrokerError>] = [
            .success(Receipt(position: Position(epoch: epoch, offset: 7))),
            .success(Receipt(position: Position(epoch: epoch, offset: 3), duplicate: true)),
            .failure(.conflict(current: 0)), .failure(.fenced(highest: 9_007_199_254_740_991)),
            .failure(.closed(top: 7)), .failure(.tooLarge(bytes: 70_000, limit: 65_536)), .failure(.expectWithoutKey),
        ]
        #expect(Library.receipts(reply, count: 7) == expected)
    }

    @Test(
        arguments: [
            .null, .integer(1), .bulk("k3f9"), .array([]), .array([.bulk("k3f9")]),
            .array([.bulk("k 3"), .integer(1)]),
            .array([.null, .integer(1)]), .array([.bulk("k3f9"), .integer(-1)]), .array([.bulk("k3f9"), .null]),
            .array([.bulk("k3f9"), .bulk("")]), .array([.bulk("k3f9"), .bulk("closed")]),
            .array([.bulk("k3f9"), .bulk("closed x")]), .array([.bulk("k3f9"), .bulk("closed 1 2")]),
            .array([.bulk("k3f9"), .bulk("what 1")]), .array([.bulk("k3f9"), .integer(1), .integer(2)]),
            .array([.bulk("k3f9"), .bulk("toolarge 1 18446744073709551615")]),
        ] as [Reply])
    func `an answer of another shape is no answer to a publication`(_ reply: Reply) {
        #expect(Library.receipts(reply, count: 1) == nil)
    }

    private static let recovery: [Reply] = [
        .bulk("k3f9"), .integer(5), .integer(2), .integer(1), .bulk("trimmed"), .integer(1), .integer(0),
        .bulk("old2:4 old1:3"), .bulk("3 9 t message  1\na"),
    ]

    @Test func `a recovery is read with its gap and the epochs before it`() throws {
        let asked = Position(epoch: epoch, offset: 1)
        let found = try #require(Library.recovery(.array(Self.recovery), of: channel, from: .after(asked)))
        #expect([found.top, found.trimmed, found.start.offset] == [5, 2, 1] && found.closed && !found.reachesTop)
        #expect(found.gap == Gap(asked: asked, epoch: epoch, haveFrom: 3, reason: .trimmed))
        #expect(found.predecessors == [try Position("old2:4"), try Position("old1:3")])
        #expect(found.messages.map(\.offset) == [3])
    }

    @Test func `a channel that does not exist is empty, and only a position of another life is a gap`() throws {
        let gone = Position(epoch: epoch, offset: 3)
        for start in [Start.earliest, .latest, .last(3), .after(.origin), .after(gone)] {
            let found = try #require(Library.recovery(.null, of: channel, from: start))
            let gap = Gap(asked: gone, epoch: .none, haveFrom: 1, reason: .epoch)
            #expect(found.gap == (start == .after(gone) ? gap : nil))
            #expect(found.epoch == .none && found.messages.isEmpty && found.reachesTop && found.start == .origin)
        }
        #expect(Library.status(.null, of: channel) == .some(nil))
        #expect(Library.summary(.array([.null, .null, .null]), of: channel) == .some(nil))
    }

    @Test func `no word of an answer may be missing or of another kind`() {
        let start = Start.after(Position(epoch: epoch, offset: 1))
        let status: [Reply] = [
            .bulk("k3f9"), .integer(5), .integer(2), .integer(0), .bulk(""), .bulk("3 9 t message k 1\na"),
        ]
        #expect(Library.status(.array(status), of: channel) != nil)
        for wrong in [Reply.null, .array([]), .bulk("x y"), .integer(-1)] {
            for index in Self.recovery.indices {
                var words = Self.recovery
                words[index] = wrong
                #expect(Library.recovery(.array(words), of: channel, from: start) == nil, "\(index): \(wrong)")
            }
            for index in status.indices {
                var words = status
                words[index] = wrong
                #expect(Library.status(.array(words), of: channel) == nil, "\(index): \(wrong)")
            }
        }
        for count in 0..<8 {
            #expect(Library.recovery(.array(Array(Self.recovery.prefix(count))), of: channel, from: start) == nil)
        }
        for count in 0..<5 { #expect(Library.status(.array(Array(status.prefix(count))), of: channel) == nil) }
        #expect(
            Library.recovery(.array(Self.recovery), of: channel, from: .earliest) == nil, "a gap without a position")
        #expect(Library.summary(.array([.bulk("k3f9"), .null, .null]), of: channel) == nil)
        #expect(Library.deletion(.integer(2)) == nil && Library.deletion(.null) == nil)
    }

    @Test func `bounds that Lua can't hold are brought to what it can`() throws {
        let library = Library(settings: BrokerSettings(), prefix: "telltale:", sharded: false)
        let call = library.recover(channel, from: .last(.max), limit: .unlimited)
        #expect(call.arguments == ["9007199254740991", "9007199254740991", "last", "9007199254740991"])
        #expect(
            library.recover(channel, from: .after(.origin), limit: RecoveryLimit(messages: -1, bytes: 0)).arguments
                == ["0", "0", "after", "0", "0"])
    }
}
