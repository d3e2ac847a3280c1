import BrokerCore
import JSONText
import Testing

@testable import Tasks

@Suite("What a request may say of a task")
struct RequestTests {
    @Test("A change keeps JSON and numbers as they were written")
    func keepsVerbatim() throws {
        let change = try change(
            """
            {"state":"started","attempt":2,"progress":{"current":3.0,"total":1e1,"note":"\\u00e9"},"log":"a\\r\\nb\\rc\\n",
             "result":{"a" : [1, 2]},"error":"no","worker":"w","title":"T","meta":null,"lease":30}
            """)
        #expect(change.state == .started && change.attempt == 2 && change.log == ["a", "b", "c"])
        #expect(change.progress?.json == "{\"current\":3.0,\"total\":1e1,\"note\":\"\\u00e9\"}")
        #expect(change.progress?.note == "é" && change.progress?.total == 10)
        #expect(change.result == "{\"a\" : [1, 2]}" && change.error == "\"no\"" && change.meta == "null")
        #expect(change.lease == .seconds(30) && change.worker == "w" && change.title == "T")
    }

    @Test("Nothing, or an attempt alone, is a heartbeat", arguments: ["{}", "{\"attempt\":3}"])
    func heartbeat(_ json: String) throws {
        #expect(try change(json).purpose == "heartbeat")
    }

    @Test(
        "What no task can be is refused by its code",
        arguments: [
            ("{\"state\":\"asleep\"}", "invalid_state"), ("{\"state\":\"lost\"}", "invalid_state"),
            ("{\"state\":\"Started\"}", "invalid_state"), ("{\"state\":1}", "invalid_state"),
            ("{\"state\":null}", "invalid_state"),
            ("{\"progress\":{\"current\":3,\"total\":2}}", "invalid_progress"),
            ("{\"progress\":{\"current\":-1}}", "invalid_progress"), ("{\"progress\":{}}", "invalid_progress"),
            ("{\"progress\":{\"percent\":100.1}}", "invalid_progress"),
            ("{\"progress\":{\"total\":1e999}}", "invalid_progress"),
            ("{\"progress\":{\"percent\":\"NaN\"}}", "invalid_progress"), ("{\"progress\":3}", "invalid_progress"),
            ("{\"progress\":{\"note\":1}}", "invalid_progress"), ("{\"progress\":{\"done\":1}}", "invalid_progress"),
            ("{\"lease\":0}", "invalid_lease"), ("{\"lease\":31536000}", "invalid_lease"),
            ("{\"lease\":1.5}", "invalid_lease"), ("{\"lease\":\"30s\"}", "invalid_lease"),
            ("{\"lease\":-1}", "invalid_lease"), ("{\"attempt\":0}", "invalid_field"),
            ("{\"attempt\":9007199254740992}", "invalid_field"), ("{\"log\":[\"a\"]}", "invalid_field"),
            ("{\"title\":null}", "invalid_field"), ("{\"worker\":3}", "invalid_field"),
            ("{\"id\":\"42\"}", "invalid_field"), ("{\"stat\":\"started\"}", "invalid_field"),
        ])
    func refused(_ json: String, _ code: String) {
        #expect(TasksTests.refusal(of: json) == code)
    }

    @Test("Texts and lines have their bounds")
    func bounds() {
        let text = { (count: Int) in String(repeating: "x", count: count) }
        #expect(refusal(of: "{\"title\":\"\(text(512))\",\"worker\":\"\(text(256))\"}") == nil)
        #expect(refusal(of: "{\"title\":\"\(text(513))\"}") == "invalid_field")
        #expect(refusal(of: "{\"worker\":\"\(text(257))\"}") == "invalid_field")
        let lines = { (count: Int) in String(repeating: "x\\n", count: count) }
        #expect(refusal(of: "{\"log\":\"\(lines(4096))\"}") == nil)
        #expect(refusal(of: "{\"log\":\"\(lines(4097))\"}") == "invalid_field")
    }

    @Test("Numbers that are no progress are refused in code too")
    func progressInCode() throws {
        for number in [Double.nan, .infinity, -1, -.infinity] {
            #expect(throws: TaskError.self) { try TaskProgress(current: number) }
        }
        #expect(throws: TaskError.self) { try TaskProgress(current: 3, total: 2) }
        #expect(
            try TaskProgress(current: 3, total: 3, percent: 99.5).json == "{\"current\":3,\"total\":3,\"percent\":99.5}"
        )
    }

    @Test("A text's lines end with CR, LF or CRLF")
    func lines() {
        #expect(TaskFields.lines(of: "a\nb\r\nc\rd") == ["a", "b", "c", "d"])
        #expect(TaskFields.lines(of: "a\n\n") == ["a", ""])
        #expect(TaskFields.lines(of: "") == [""])
        #expect(TaskFields.lines(of: "\n") == [""])
    }

    @Test("A creation has its own members")
    func creation() throws {
        let tasks = try TaskNamespace("task")
        let full = try read("{\"id\":\"a/b\",\"title\":\"T\",\"meta\":[1],\"attempt\":2,\"worker\":\"w\"}") {
            try TaskCreation($0, namespace: tasks)
        }
        #expect(full.id?.channel.rawValue == "task:a/b" && full.meta == "[1]" && full.attempt == 2)
        for json in ["{\"id\":\"a b\"}", "{\"id\":\"\"}", "{\"id\":4}", "{\"state\":\"queued\"}", "{\"lease\":3}"] {
            #expect(throws: TaskError.self) { try read(json) { try TaskCreation($0, namespace: tasks) } }
        }
    }
}
