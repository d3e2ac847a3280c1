import Foundation
import Testing

@testable import GatewayClient

@Suite struct WireTests {
    @Test(arguments: [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("https://g.example/t/", "https://g.example/t"),
        ("HTTP://g", "HTTP://g"), ("http://[::1]:80", "http://[::1]:80"),
    ])
    func `an address is taken without its last slash`(text: String, root: String) {
        #expect(GatewayAddress(text)?.root == root)
    }

    @Test(arguments: [
        "", "g:8080", "ftp://g", "http://", "http:///x", "http://:80", "http://g?x", "http://g g", "http://é",
    ])
    func `what is no address is refused`(text: String) {
        #expect(GatewayAddress(text) == nil)
    }

    @Test func `a channel's name is escaped in a path and in a query, but for the colon`() throws {
        let address = try #require(GatewayAddress("http://g"))
        #expect(address.channel("a/b+c:d", query: [("event", "x y")]) == "http://g/v1/channels/a%2Fb%2Bc:d?event=x%20y")
        #expect(address.watch("task:1+2") == "http://g/?channel=task:1%2B2")
    }

    @Test func `a batch is a line of JSON for each message, with a key of its own`() throws {
        let batch = [
            OutboundMessage(number: 0, event: "log", payload: .text("a \"b\" \\ \t\u{1B}[0m\u{0}é\nc")),
            OutboundMessage(number: 1, event: "exit", payload: .json(#"{"status":0}"#), closes: true),
        ]
        let lines = BatchBody.lines(batch, channel: "task:x", run: "run").split(separator: "\n")
        let documents = try lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        #expect(documents.count == 2)
        #expect(documents[0]?["data"] as? String == "a \"b\" \\ \t\u{1B}[0m\u{0}é\nc")
        #expect(documents[0]?["close"] == nil && documents[0]?["idempotency_key"] as? String == "run:0")
        #expect((documents[1]?["data"] as? [String: Int]) == ["status": 0])
        #expect(documents[1]?["close"] as? Bool == true && documents[1]?["channel"] as? String == "task:x")
    }

    @Test func `an answer is a position or a problem, and one that is cut is neither`() throws {
        #expect(try BatchBody.answer(Data(#"{"channel":"a","epoch":"e","offset":1}"#.utf8)).get() == nil)
        let problem = try BatchBody.answer(Data(#"{"status":409,"code":"closed","top":7}"#.utf8)).get()
        #expect(problem?.code == "closed" && problem?.values == ["top 7"] && problem?.isTemporary == false)
        #expect(throws: ClientError.self) { try BatchBody.answer(Data(#"{"chan"#.utf8)).get() }
    }

    @Test func `a refusal is one line with its code and the current values`() {
        let body =
            #"{"type":"about:blank","title":"Conflict","status":409,"code":"conflict","detail":"not 3","current":5}"#
        #expect("\(Problem(status: 409, body: Data(body.utf8)))" == "conflict (current 5): not 3")
        #expect("\(Problem(status: 502, body: Data("<html>\nbad".utf8)))" == "http_502: <html>")
        #expect(Problem(status: 502, body: Data()).isTemporary)
    }

    @Test func `waiting grows with each failure, is spread by chance, and begins again after a success`() {
        var backoff = Backoff()
        #expect(backoff.next(chance: 1) == .milliseconds(250))
        #expect(backoff.next(chance: 0) == .milliseconds(250))
        #expect(backoff.next(chance: 1) == .seconds(1))
        for _ in 0..<100 { #expect(backoff.next() <= Backoff.longest) }
        backoff.succeeded()
        #expect(backoff.next(chance: 1) == .milliseconds(250))
    }
}
