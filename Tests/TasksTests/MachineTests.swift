import BrokerCore
import Testing

@testable import Tasks

@Suite("The ways of a task")
struct MachineTests {
    @Test("Within an attempt: these and no others")
    func transitions() {
        let ways: [TaskState: String] = [
            .queued: "queued started cancelled", .started: "started finished failed cancelled",
            .lost: "started finished failed cancelled",
        ]
        for (from, to) in pairs {
            let expected = ways[from]?.split(separator: " ").contains(Substring(to.rawValue)) ?? false
            #expect(TaskMachine.allows(from, to) == expected, "\(from) to \(to)")
        }
    }

    @Test("To a higher attempt: from what is over or lost, to queued or started")
    func attempts() {
        for (from, to) in pairs {
            let expected = from != .queued && from != .started && (to == .queued || to == .started)
            #expect(TaskMachine.reopens(from, to) == expected, "\(from) to \(to)")
        }
    }

    @Test("A channel that a stranger has closed or fenced takes only what opens it again")
    func strangers() throws {
        let id = try TaskID("42", namespace: TaskNamespace("task"))
        var status = ChannelStatus(
            channel: id.channel, epoch: .none, top: 1, trimmed: 0, closed: true, fence: 7, retained: [])
        let begin = TaskChange(state: .queued)
        #expect(try TaskMachine.plan(begin, on: TaskView(status, id: id)).attempt == 8)
        let seventh = TaskChange(state: .queued, attempt: 7)
        #expect(throws: TaskError.illegalTransition(to: "queued", current: nil, attempt: 7)) {
            try TaskMachine.plan(seventh, on: TaskView(status, id: id))
        }
        status.closed = false
        #expect(try TaskMachine.plan(begin, on: TaskView(status, id: id)).attempt == 7)
        #expect(throws: TaskError.fenced(attempt: 6, current: nil, currentAttempt: 7)) {
            try TaskMachine.plan(TaskChange(state: .queued, attempt: 6), on: TaskView(status, id: id))
        }
        status.retained = [
            Message(
                channel: id.channel, epoch: .none, offset: 1, event: TaskNames.state,
                data: TaskLife(state: .started, attempt: 7).json, format: .json, time: 1, retain: TaskNames.stateKey)
        ]
        #expect(try TaskMachine.plan(TaskChange(log: ["x"]), on: TaskView(status, id: id)).log == ["x"])
        status.closed = true
        #expect(throws: TaskError.illegalTransition(to: "log", current: .started, attempt: 7)) {
            try TaskMachine.plan(TaskChange(log: ["x"]), on: TaskView(status, id: id))
        }
        #expect(
            try TaskMachine.plan(TaskChange(state: .started, attempt: 8), on: TaskView(status, id: id)).attempt == 8)
    }

    private let pairs = TaskState.allCases.flatMap { from in
        TaskState.allCases.filter { $0 != .lost }.map { (from, $0) }
    }
}
