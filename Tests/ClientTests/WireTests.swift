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

    @Test func `a batch is a line of JSON for each message, with the attempt as its fence and a key of its own`() throws
    {
        let text = "a \"b\" \\ \t\u{1B}[0m\u{0}é\nc"
        let batch = [
            OutboundMessage(number: 0, content: .line(text)),
            OutboundMessage(number: 1, content: .progress(#"{"percent":5}"#)),
        ]
        let target = PublishingTarget(channel: "task:x", attempt: 3, run: "run")
        let lines = BatchBody.lines(batch, target: target).split(separator: UInt8(ascii: "\n"))
        let documents = try lines.map { try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any] }
        #expect(documents.count == 2)
        #expect(documents[0]?["data"] as? String == text && documents[0]?["event"] as? String == "log")
        #expect(documents[0]?["retain"] == nil && documents[0]?["idempotency_key"] as? String == "run:0")
        #expect((documents[1]?["data"] as? [String: Int]) == ["percent": 5])
        #expect(documents[1]?["retain"] as? String == "progress" && documents[1]?["conflate"] as? Bool == true)
        #expect(documents.allSatisfy { $0?["channel"] as? String == "task:x" && $0?["fence"] as? Int == 3 })
    }

    @Test func `an answer is a position or a problem, and one that is cut is neither`() throws {
        let answers = try BatchBody.answers(
            Data(
                """
                {"channel":"a","epoch":"e","offset":1}
                {"status":409,"code":"closed","top":7}

                """.utf8))
        #expect(answers.count == 2 && answers.first == .init(epoch: "e"))
        let problem = answers.last?.problem
        #expect(problem?.code == "closed" && problem?.values == ["top 7"] && problem?.isTemporary == false)
        #expect(throws: ClientError.self) { try BatchBody.answers(Data(#"{"chan"#.utf8)) }
    }

    @Test func `a task's address and its page have the id escaped`() throws {
        let address = try #require(GatewayAddress("http://g/t"))
        #expect(address.task("a/b log") == "http://g/t/v1/tasks/a%2Fb%20log")
        #expect(address.watch(task: "a/b") == "http://g/t/#/task/a%2Fb")
    }

    @Test func `a worker's bodies leave out what there is not`() {
        let work = TaskWork(id: "a", title: nil, meta: #"{"command":["x"]}"#, worker: "h:1", lease: .seconds(30))
        #expect(work.creation(attempt: nil) == #"{"id":"a","meta":{"command":["x"]}}"#)
        #expect(work.creation(attempt: 2, withMeta: false) == #"{"id":"a","attempt":2}"#)
        #expect(work.start(attempt: 2) == #"{"state":"started","attempt":2,"worker":"h:1","lease":30}"#)
        let end = TaskEnd(state: .failed, result: #"{"exit_status":1}"#, error: "a\nb")
        #expect(
            end.change(attempt: 1)
                == #"{"state":"failed","attempt":1,"result":{"exit_status":1},"error":"a\nb"}"#)
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
