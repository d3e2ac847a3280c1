import BrokerCore
import Testing

@testable import Tasks

@Suite("The names of tasks")
struct NameTests {
    let tasks: TaskNamespace

    init() throws { tasks = try TaskNamespace("task") }

    @Test(
        "An id is what makes the task's and the control channel's name", arguments: ["42", "a:b", "log", "x/~+,.;=@"])
    func accepted(_ text: String) throws {
        let id = try TaskID(text, namespace: tasks)
        #expect(id.channel.rawValue == "task:\(text)" && id.control.rawValue == "task:\(text):control")
        #expect(tasks.id(of: id.channel) == id)
        #expect(tasks.id(of: id.control) == nil)
    }

    @Test(
        "Any other id is refused", arguments: ["", "a b", "é", "a\n", "x:control", String(repeating: "x", count: 188)])
    func refused(_ text: String) {
        #expect { try TaskID(text, namespace: tasks) } throws: { ($0 as? TaskError)?.code == "invalid_id" }
    }

    @Test("The longest id leaves room for the control channel")
    func longest() throws {
        let id = try TaskID(String(repeating: "x", count: 187), namespace: tasks)
        #expect(id.control.rawValue.utf8.count == ChannelName.maximumBytes)
    }

    @Test(
        "Other namespaces' channels are no tasks",
        arguments: ["build:42", "task", "tasks:42", "task:", "task:a:control"])
    func others(_ name: String) throws {
        #expect(tasks.id(of: try ChannelName(name)) == nil)
    }

    @Test(
        "A namespace has no colon and is not empty", arguments: ["", "a:b", "a b", String(repeating: "x", count: 65)])
    func namespaces(_ name: String) {
        #expect(throws: TaskError.self) { try TaskNamespace(name) }
    }

    @Test("Made ids have twelve characters; those of a key are always the same, and differ by round")
    func made() throws {
        let ids = try (0..<100).map { _ in try tasks.randomID().rawValue }
        #expect(Set(ids).count == 100)
        #expect(ids.allSatisfy { $0.utf8.count == 12 && $0.allSatisfy { $0.isLowercase || $0.isNumber } })
        let key = try IdempotencyKey("k")
        #expect(try tasks.id(for: key, round: 0) == tasks.id(for: key, round: 0))
        #expect(try tasks.id(for: key, round: 0) != tasks.id(for: key, round: 1))
        #expect(try tasks.id(for: key, round: 0).rawValue == "nvc2dexvupv0")
    }

    @Test("A cursor's text brings it back; any other text is none")
    func cursors() throws {
        let cursor = TaskCursor(
            after: ListedTask(channel: try ChannelName("task:a/+"), state: "started", created: 1_763_000_000_123))
        #expect(TaskCursor(cursor.description) == cursor)
        #expect(cursor.description.allSatisfy { $0.isHexDigit })
        for text in ["", "4", "zz", "31", "3120", "é", "31202031"] { #expect(TaskCursor(text) == nil, "\(text)") }
    }

    @Test("Keys of one request differ, fit, and depend on all of the user's key")
    func keys() throws {
        let long = String(repeating: "k", count: 254)
        let (a, b) = (TaskKeys(try IdempotencyKey(long + "a")), TaskKeys(try IdempotencyKey(long + "b")))
        let keys = [a.state, a.progress, a.line(0), a.line(4095), b.state, b.line(0)].compactMap(\.self)
        #expect(Set(keys).count == 6)
        #expect(TaskKeys(nil).line(0) != TaskKeys(nil).line(0) && TaskKeys(nil).state == nil)
    }
}
