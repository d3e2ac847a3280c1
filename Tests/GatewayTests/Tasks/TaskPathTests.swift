import Tasks
import Testing

@testable import Gateway

@Suite struct TaskPathTests {
    private let namespace: TaskNamespace

    init() throws {
        namespace = try TaskNamespace("task")
    }

    @Test(
        arguments: [
            ("42", "42", nil), ("42/log", "42", .log), ("42/cancel", "42", .cancel), ("a/b", "a/b", nil),
            ("a%2Fb", "a/b", nil), ("a/b/log", "a/b", .log), ("a%2Flog", "a/log", nil), ("a%2Flog/log", "a/log", .log),
            ("log", "log", nil), ("42/logs", "42/logs", nil), ("a:b+c", "a:b+c", nil), ("42/", "42/", nil),
        ] as [(String, String, TaskPath.Verb?)])
    func `the last segment may ask for something, the rest is the id`(
        path: String, id: String, verb: TaskPath.Verb?
    ) throws {
        let found = try #require(TaskPath(TaskPath.prefix + path))
        #expect(found.verb == verb)
        #expect(try found.id(in: namespace).rawValue == id)
    }

    @Test(arguments: ["", "/log", "a%20b", "%FF", "%4", "x:control"])
    func `what is no id is refused`(path: String) throws {
        let found = try #require(TaskPath(TaskPath.prefix + path))
        let problem = #expect(throws: Problem.self) { try found.id(in: namespace) }
        #expect(problem?.code == "invalid_id")
    }

    @Test(arguments: ["/v1/tasks", "/v1/task/42", "/v1/channels/42"])
    func `other paths are no task's`(path: String) {
        #expect(TaskPath(path) == nil)
    }

    @Test(arguments: ["42", "a/b", "a/log", "x,y;z=1+2~@", "a:b"])
    func `a location leads back to the task`(id: String) throws {
        let id = try TaskID(id, namespace: namespace)
        let path = try #require(TaskPath(TaskPath.location(of: id)))
        #expect(path.verb == nil)
        #expect(try path.id(in: namespace) == id)
    }
}
