import BrokerConformance
import BrokerCore
import BrokerSupport
import Testing

@testable import PostgresBroker

@Suite struct NotificationReaderTests {
    private let a: ChannelName
    private let b: ChannelName
    private let epoch: Epoch

    init() throws {
        a = try ChannelName("build:42")
        b = try ChannelName("news")
        epoch = try #require(Epoch("k3f9"))
    }

    private func read(_ text: String, wanted: Set<ChannelName>? = nil) -> [Section]? {
        var text = text
        return text.withUTF8 { bytes in NotificationReader.sections(bytes) { wanted?.contains($0) ?? true } }
    }

    private func event(
        _ channel: ChannelName, _ offset: UInt64, _ data: String, event: EventName = .message, key: String? = nil,
        format: DataFormat = .text, conflated: Bool = false, closes: Bool = false
    ) throws -> BrokerEvent {
        let message = Message(
            channel: channel, epoch: epoch, offset: offset, event: event, data: data, format: format, time: 1_700,
            retain: try key.map { try RetainKey($0) })
        return .published(Announcement(message: message, conflated: conflated, closes: closes))
    }

    @Test func `A message, with all that it has`() throws {
        let sections = read("+k3f9 build:42 1\n7 1700 jcx state key 7\n{\"a\":1}")
        let expected = try event(
            a, 7, #"{"a":1}"#, event: EventName("state"), key: "key", format: .json, conflated: true, closes: true)
        #expect(sections == [.events(a, [expected])])
    }

    @Test func `Sections follow one another, whatever the data holds`() throws {
        let sections = read(
            "+k3f9 build:42 2\n1 1700 t message  5\n+x\n**2 1700 t message  0\n*k3f9 build:42 3 9\n+k3f9 news 1\n1 1700 t message  3\n☃-k3f9 news\n"
        )
        #expect(
            sections == [
                .events(a, [try event(a, 1, "+x\n**"), try event(a, 2, "")]),
                .pointer(Pointer(channel: a, epoch: epoch, first: 3, last: 9)),
                .events(b, [try event(b, 1, "☃")]),
                .events(b, [.deleted(b, epoch)]),
            ])
    }

    @Test func `What nobody wants is passed over`() throws {
        let text = "+k3f9 build:42 1\n1 1700 t message  3\nabc*k3f9 build:42 2 3\n-k3f9 build:42\n-k3f9 news\n"
        #expect(read(text, wanted: [b]) == [.events(b, [.deleted(b, epoch)])])
        #expect(read(text, wanted: []) == [])
    }

    @Test(arguments: [
        "", "\n", "hello", "+", "+k3f9", "+k3f9 build:42", "+k3f9 build:42 1", "+k3f9 build:42 1\n", "-k3f9 build:42",
        "-k3f9 build:42\n\n", "-k3f9 build:42\nx", "-k 3 f9\n", "- news\n", "-k3f9 \n", "-k3f9 a b\n",
        "+k3f9 build:42 0\n", "+k3f9 build:42 -1\n", "+k3f9 build:42 01\n1 1700 t message  0\n",
        "+k3f9 build:42 2\n1 1700 t message  0\n", "+k3f9 build:42 1\n1 1700 t message  4\nabc",
        "+k3f9 build:42 1\n0 1700 t message  0\n", "+k3f9 build:42 1\n1 1700 t message  2\nabc",
        "+k3f9 build:42 1\n1 1700 t message  9223372036854775807\nabc",
        "+k3f9 build:42 99999999999999999999\n", "+k3f9 build:42 9007199254740991\n1 1700 t message  0\n",
        "*k3f9 build:42 0 1\n", "*k3f9 build:42 2 1\n", "*k3f9 build:42 1\n", "*k3f9 build:42 1 2",
        "*k3f9 build:42 1 9007199254740992\n", "*k3f9 bu ild:42 1 2\n", "+k3f9 build:42 1\n1 1700 tc message  0\n",
        "+k3f9 build:42 1\n1 1700 t message  0\n?", "+k3f9 build:42 1\n1 1700 t message  1\n☃",
    ])
    func `What is no announcement is none, whole`(text: String) {
        #expect(read(text) == nil)
    }

    @Test func `Any part and any change of an announcement is read or refused, and never traps`() throws {
        let whole = Array(
            "+k3f9 build:42 2\n1 1700 t message  3\n☃2 1700 jcx state key 1\n0*k3f9 build:42 3 9\n-k3f9 news\n".utf8)
        for length in 0..<whole.count { _ = read(String(decoding: whole[..<length], as: UTF8.self)) }
        var chance = SplitMix64(seed: 4)
        for _ in 0..<50_000 {
            var bytes = whole
            for _ in 0...chance.below(4) {
                switch chance.below(3) {
                case 0: bytes[chance.below(bytes.count)] = UInt8(chance.below(256))
                case 1: bytes.remove(at: chance.below(bytes.count))
                default: bytes.insert(chance.pick(Array(" \n+*-09\u{0}".utf8)), at: chance.below(bytes.count))
                }
            }
            bytes.withUnsafeBufferPointer { _ = NotificationReader.sections($0) { $0.rawValue != "news" } }
        }
    }
}
