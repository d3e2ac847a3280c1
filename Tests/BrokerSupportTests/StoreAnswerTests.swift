import BrokerCore
import BrokerSupport
import Testing

@Suite struct StoreAnswerTests {
    @Test(arguments: [
        ("expectwithoutkey", BrokerError.expectWithoutKey), ("closed 7", .closed(top: 7)),
        ("fenced 8", .fenced(highest: 8)), ("conflict 0", .conflict(current: 0)),
        ("toolarge 70 64", .tooLarge(bytes: 70, limit: 64)),
    ])
    func `A refusal is read`(_ text: String, _ error: BrokerError) {
        let words = text.split(separator: " ")
        #expect(BrokerError(refusal: words) == error)
        #expect(words.first.map(BrokerError.refusalWords.contains) == true)
    }

    @Test(arguments: ["", "closed", "closed x", "closed 7 8", "fenced -1", "toolarge 70", "busy", "duplicate 1"])
    func `Other words are no refusal`(_ text: String) {
        #expect(BrokerError(refusal: text.split(separator: " ")) == nil)
    }

    private func answer(to start: Start, reason: String) throws -> Recovery? {
        .answered(
            to: start, epoch: try #require(Epoch("e")), top: 9, trimmed: 4, closed: false, reason: reason, first: 4,
            reachesTop: true, predecessors: [], messages: [])
    }

    @Test func `A gap is told to whoever asked for what follows a position`() throws {
        let asked = Position(epoch: try #require(Epoch("e")), offset: 2)
        let gap = try #require(try answer(to: .after(asked), reason: "trimmed")?.gap)
        #expect(gap == Gap(asked: asked, epoch: asked.epoch, haveFrom: 5, reason: .trimmed))
        #expect(try #require(try answer(to: .after(asked), reason: "")).gap == nil)
    }

    @Test func `A gap of no known reason, or that nobody asked about, is no answer`() throws {
        #expect(try answer(to: .earliest, reason: "trimmed") == nil)
        #expect(try answer(to: .after(.origin), reason: "mislaid") == nil)
    }

    @Test func `A channel that does not exist lacks all but the origin`() throws {
        let asked = Position(epoch: try #require(Epoch("e")), offset: 2)
        #expect(Recovery.absent(from: .after(asked)).gap?.reason == .epoch)
        for start in [Start.earliest, .latest, .last(3), .after(.origin)] {
            #expect(Recovery.absent(from: start).gap == nil)
        }
    }
}
