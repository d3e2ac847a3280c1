import BrokerCore
import Tasks
import Testing

@testable import Gateway

@Suite struct ReservedTests {
    private func code(
        _ channel: String, _ keeping: Keeping, event: EventName = .log, closes: Bool = false,
        namespace: String = "task"
    ) throws -> String? {
        let publication = Publication(
            channel: try ChannelName(channel), event: event, data: "", keeping: keeping, closes: closes)
        do throws(Problem) {
            try publication.checkReserved(TaskNamespace(named: namespace))
            return nil
        } catch { return error.code }
    }

    @Test func `the state of a task is published by nobody else, conflated or not`() throws {
        let key = try RetainKey("state")
        for keeping in [Keeping.loggedAndRetained(key), .conflated(key)] {
            for channel in ["task:42", "task:a:b", "task:42:control", "task:"] {
                #expect(try code(channel, keeping) == "reserved")
            }
            #expect(try code("job:42", keeping, namespace: "job") == "reserved")
        }
    }

    @Test func `nor is what looks like its state, or ends its channel`() throws {
        #expect(try code("task:42", .logged, event: TaskNames.state) == "reserved")
        #expect(try code("task:42", .logged, closes: true) == "reserved")
        #expect(try code("build:42", .logged, event: TaskNames.state, closes: true) == nil)
    }

    @Test func `all else may be published`() throws {
        let state = try RetainKey("state")
        for channel in ["task", "tasks:42", "build:42", "Task:42", "a:task:42"] {
            #expect(try code(channel, .loggedAndRetained(state)) == nil)
        }
        #expect(try code("task:42", .logged) == nil)
        #expect(try code("task:42", .conflated(RetainKey("progress"))) == nil)
        #expect(try code("task:42", .loggedAndRetained(RetainKey("states"))) == nil)
    }
}

extension TaskNamespace {
    fileprivate init(named name: String) throws(Problem) {
        do throws(TaskError) { try self.init(name) } catch { throw Problem(error) }
    }
}
