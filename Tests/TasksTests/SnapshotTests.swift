import BrokerCore
import Testing

@testable import Tasks

@Suite("The snapshot, from what a channel retains")
struct SnapshotTests {
    let id: TaskID
    let epoch = Epoch("e1") ?? .none

    init() throws { id = try TaskID("42", namespace: TaskNamespace("task")) }

    private func message(
        _ offset: UInt64, _ key: RetainKey, _ data: String, _ format: DataFormat = .json
    ) -> Message {
        Message(
            channel: id.channel, epoch: epoch, offset: offset, event: TaskNames.state, data: data, format: format,
            time: 1000 * Int64(offset), retain: key)
    }

    private func snapshot(_ retained: Message...) -> TaskSnapshot {
        TaskSnapshot(
            ChannelStatus(
                channel: id.channel, epoch: epoch, top: 20, trimmed: 0, closed: false, fence: nil, retained: retained),
            id: id)
    }

    @Test("Nothing is unknown")
    func unknown() {
        let none = TaskSnapshot(nil, id: id)
        #expect(none.json == "{\"id\":\"42\",\"channel\":\"task:42\",\"state\":\"unknown\"}")
        #expect(none.position == nil && none.top == .origin && !none.exists)
        #expect(snapshot().state == nil && snapshot().exists && snapshot().top.offset == 20)
    }

    @Test("All of it, in order, with the message's times for what it begins")
    func whole() {
        let found = snapshot(
            message(
                3, TaskNames.stateKey,
                """
                {"state":"failed","attempt":2,"title":"T\\n","meta":{"k": 1},"worker":"w","lease":30,"result":[1],
                "error":"no","cancel_requested":true,"created":1000,"started":2000,"began":2,"else":1}
                """),
            message(5, TaskNames.progressKey, "{ \"current\": 1, \"time\":\"x\", \"total\":2 }"))
        #expect(
            found.json == """
                {"id":"42","channel":"task:42","state":"failed","attempt":2,"title":"T\\n","meta":{"k": 1},\
                "progress":{"current":1,"total":2,"time":"1970-01-01T00:00:05.000Z"},"worker":"w","lease":30,\
                "result":[1],"error":"no","cancel_requested":true,"created":"1970-01-01T00:00:01.000Z",\
                "started":"1970-01-01T00:00:02.000Z","ended":"1970-01-01T00:00:03.000Z",\
                "updated":"1970-01-01T00:00:05.000Z","position":"e1:5"}
                """)
    }

    @Test("Progress from before the attempt is none of it")
    func oldProgress() {
        let old = snapshot(
            message(4, TaskNames.progressKey, "{\"percent\":9}"),
            message(5, TaskNames.stateKey, "{\"state\":\"queued\",\"attempt\":2}"))
        #expect(old.progress == nil && old.position?.offset == 5 && old.created == 5000)
        let new = snapshot(
            message(4, TaskNames.progressKey, "{\"percent\":9}"),
            message(5, TaskNames.stateKey, "{\"state\":\"started\",\"began\":3}"))
        #expect(new.progress != nil && new.attempt == 1)
    }

    @Test(
        "What can't be read is unknown",
        arguments: [
            "", "null", "[]", "{}", "{\"state\":\"x\"}", "{\"state\":\"started\",\"attempt\":0}",
            "{\"state\":\"started\",\"attempt\":\"1\"}", "{\"state\":\"started\",\"title\":1}",
            "{\"state\":\"started\",\"created\":1e99}", "{\"state\":\"started\",\"created\":99999999999999999}",
            "{\"state\":\"started\",\"state\":\"queued\"}", "{\"state\":\"started\"",
        ])
    func unreadable(_ data: String) {
        #expect(snapshot(message(1, TaskNames.stateKey, data)).state == nil)
        #expect(snapshot(message(1, TaskNames.stateKey, "{\"state\":\"started\"}", .text)).state == nil)
    }

    @Test("A progress that is no object is left out", arguments: ["", "3", "[1]", "{\"a\":1"])
    func unreadableProgress(_ data: String) {
        let found = snapshot(
            message(1, TaskNames.stateKey, "{\"state\":\"started\"}"), message(2, TaskNames.progressKey, data))
        #expect(found.progress == nil && found.state == .started)
    }

    @Test("A state message says what it was made from")
    func roundTrip() throws {
        var life = TaskLife(state: .lost, attempt: 3)
        (life.title, life.meta, life.result) = ("\"t\"\u{1}", "{\"a\":[1, 2]}", "null")
        (life.worker, life.error, life.lease) = ("w", "1e3", .milliseconds(1500))
        (life.created, life.started, life.began, life.cancelRequested) = (1, 2, 3, true)
        #expect(TaskLife(message(9, TaskNames.stateKey, life.json)) == life)
    }
}
