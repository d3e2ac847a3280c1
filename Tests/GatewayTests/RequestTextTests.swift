import BrokerCore
import HTTPTypes
import Testing

@testable import Gateway

/// What requests say in words: where to start, and what they accept.
@Suite struct RequestTextTests {
    @Test func `a start is earliest, latest, the last so many, or a position`() throws {
        #expect(try Start(since: "earliest") == .earliest)
        #expect(try Start(since: "latest") == .latest)
        #expect(try Start(since: "last:1") == .last(1))
        #expect(try Start(since: "last:1000000") == .last(1_000_000))
        #expect(try Start(since: "0:0") == .after(.origin))
        #expect(try Start(since: "k3f9:117") == .after(Position("k3f9:117")))
    }

    @Test(arguments: [
        "", "Earliest", "last", "last:", "last:0", "last:-1", "last:1000001", "last:x", "first", "k3f9", "k3f9:", ":1",
        "k3f9:-1", "k3f9:1.5", "k3f9:99999999999999999999", "0:1", "k3 f9:1",
    ])
    func `anything else is refused, with the rule`(text: String) {
        #expect { try Start(since: text) } throws: { error in
            (error as? Problem).map { $0.status.code == 400 && !$0.detail.isEmpty } ?? false
        }
    }

    @Test func `an event stream is for those who name it`() {
        #expect(Accept("text/event-stream").wantsEventStream)
        #expect(Accept("text/html, TEXT/Event-Stream;q=0.9").wantsEventStream)
        #expect(!Accept("*/*").wantsEventStream)
        #expect(!Accept(nil).wantsEventStream)
    }

    @Test func `text is for those who name it and not JSON`() {
        #expect(Accept("text/plain").prefersText)
        #expect(Accept("text/plain; charset=utf-8, */*").prefersText)
        #expect(!Accept("text/plain, application/json").prefersText)
        #expect(!Accept("*/*").prefersText)
        #expect(!Accept(nil).prefersText)
        #expect(!Accept("").prefersText)
    }

    @Test func `what has no worth is not accepted`() {
        #expect(!Accept("text/event-stream;q=0").wantsEventStream)
        #expect(!Accept("text/event-stream ; Q=0, text/plain").wantsEventStream)
        #expect(Accept("application/json;q=0, text/plain").prefersText)
    }

    @Test func `anything is for those who do not name JSON`() {
        #expect(Accept(nil).takesAnything)
        #expect(Accept("text/plain, */*;q=0.1").takesAnything)
        #expect(!Accept("*/*, application/json").takesAnything)
        #expect(!Accept("text/html").takesAnything)
    }

    @Test func `a list's elements are whole words of either case`() {
        #expect("keep-alive, Upgrade".lists("upgrade"))
        #expect("UPGRADE".lists("upgrade"))
        #expect("close,\tupgrade ".lists("upgrade"))
        #expect(!"upgraded".lists("upgrade"))
        #expect(!"".lists("upgrade"))
    }
}
