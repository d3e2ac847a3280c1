import BrokerConformance
import BrokerCore
import Testing

@testable import RedisBroker

struct EventTests {
    @Test func `records that follow one another are told apart by their lengths`() throws {
        let channel = try ChannelName("c")
        let events = try #require(
            Library.events("+k3f9\n1 9 t message  14\n2 9 t log  1\nx2 9 tcx log k 1\ny", on: channel))
        let announcements = events.compactMap {
            if case .published(let announcement) = $0 { announcement } else { nil }
        }
        #expect(announcements.map(\.message.offset) == [1, 2])
        #expect(announcements.map(\.message.data) == ["2 9 t log  1\nx", "y"])
        #expect(announcements.map(\.conflated) == [false, true] && announcements.map(\.closes) == [false, true])
        #expect(Set(announcements.map(\.message.epoch.rawValue)) == ["k3f9"])
    }

    @Test(arguments: [
        "", "+", "-", "\n", "+\n", "+k3f9", "+k3f9\n", "-k3f9", "-k3f9\nx", "k3f9\n", "*k3f9\n1 2 t message  1\na",
        "+k 3\n1 2 t message  1\na", "+k3f9\n1 2 t message  1\nab", "+k3f9\n1 2 t message  1\na1 2 t message  9\na",
        "hello",
        "{\"json\":true}", "+k3f9k3f9k3f9k3f9k3f9k3f9k3f9k3f9k\n1 2 t message  1\na",
    ])
    func `a foreign message on our channel is known as one`(_ payload: String) throws {
        #expect(Library.events(payload, on: try ChannelName("c")) == nil)
    }

    @Test func `a deletion names the epoch that is gone`() throws {
        let channel = try ChannelName("c")
        #expect(Library.events("-k3f9\n", on: channel) == [.deleted(channel, try #require(Epoch("k3f9")))])
    }

    @Test(arguments: 0..<8 as Range<UInt64>) func `no damage to a record makes another message of it`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let whole = Array("+k3f9\n117 1763700000123 tcx message state 9\nlinking é118 1 j log  2\n{}".utf8)
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<random.below(3) + 1 { random.damage(&bytes) }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let channel = try? ChannelName("c"), let events = Library.events(text, on: channel) else { continue }
            // What can be read is what would be written of it.
            #expect(Self.written(events) == text)
        }
    }

    private static func written(_ events: [BrokerEvent]) -> String {
        var text = ""
        for event in events {
            switch event {
            case .deleted(_, let epoch): return "-\(epoch)\n"
            case .published(let announcement):
                let message = announcement.message
                if text.isEmpty { text = "+\(message.epoch)\n" }
                let flags =
                    (message.format == .json ? "j" : "t") + (announcement.conflated ? "c" : "")
                    + (announcement.closes ? "x" : "")
                let key = message.retain?.rawValue ?? ""
                text +=
                    "\(message.offset) \(message.time) \(flags) \(message.event) \(key) \(message.data.utf8.count)\n"
                text += message.data
            default: return "neither a message nor a deletion"
            }
        }
        return text
    }
}

extension SplitMix64 {
    /// Changes, inserts or removes a byte.
    mutating func damage(_ bytes: inout [UInt8]) {
        let byte = pick(Array("0123456789 \n+-tjcx\0".utf8) + [UInt8(below(256))])
        let index = below(bytes.count)
        switch below(3) {
        case 0: bytes[index] = byte
        case 1: bytes.insert(byte, at: index)
        default: if bytes.count > 1 { bytes.remove(at: index) }
        }
    }
}
