import BrokerCore
import Tasks

extension ConformanceSuite {
    static let taskCancels: [ConformanceCase] = [
        ConformanceCase(
            "cancel-asked",
            promise: "The wish to end a task is recorded in it, published once on its control channel, and kept there."
        ) { context in
            let task = try context.underTest()
            try await task.become(.started)
            let follower = try await context.reader.follow(task.id.control)
            for store in task.stores {
                let asked = try await store.cancel(task.id)
                try expect(asked.cancelRequested && asked.state == .started, "it is \(asked.json)")
            }
            let order = try await follower.announcements(through: 1)[0].message
            try expectEqual([order.event.rawValue, order.data], ["cancel", "{\"attempt\":1}"], "the order")
            let control = try await context.reader.status(task.id.control)
            try expectEqual(control.retained.map(\.data), [order.data], "what a worker finds that comes later")
            try expectEqual(control.top, 1, "messages on the control channel")
            let end = try await task.change(TaskChange(state: .cancelled))
            try expect(end.state == .cancelled && end.cancelRequested, "it is \(end.json)")
        },
        ConformanceCase(
            "cancel-kept",
            promise: "A worker that goes on keeps the wish to end, and is told of it with every answer."
        ) { context in
            let task = try context.underTest()
            try await task.become(.started)
            _ = try await task.reader.cancel(task.id)
            let progress = TaskChange(progress: try TaskProgress(percent: 3))
            for change in [TaskChange(), TaskChange(log: ["x"]), progress, TaskChange(title: "T")] {
                try expect(try await task.change(change).cancelRequested, "the answer does not tell")
            }
            let end = try await task.change(TaskChange(state: .finished))
            try expect(end.state == .finished && end.cancelRequested, "it is \(end.json)")
        },
        ConformanceCase(
            "cancel-queued",
            promise: "A task that is queued is cancelled at once, and no worker starts it."
        ) { context in
            let task = try context.underTest()
            try await task.become(.queued)
            let cancelled = try await task.reader.cancel(task.id)
            try expect(cancelled.state == .cancelled && cancelled.cancelRequested, "it is \(cancelled.json)")
            try expect(try await context.reader.status(task.id.channel).closed, "the channel is not closed")
            try expectEqual(
                try await task.refusal(of: TaskChange(state: .started)),
                .illegalTransition(to: "started", current: .cancelled, attempt: 1), "refusal")
        },
        ConformanceCase(
            "cancel-over",
            promise: "What is over or unknown is not cancelled, and nothing changes."
        ) { context in
            for state in [TaskState.finished, .failed, .cancelled, nil] {
                let task = try context.underTest(state?.rawValue ?? "none")
                if let state { try await task.become(state) }
                try await task.unchanged {
                    let refusal = try await task.refusal { () throws(TaskError) in
                        try await task.writer.cancel(task.id)
                    }
                    let expected = state.map { TaskError.illegalTransition(to: "cancelled", current: $0, attempt: 1) }
                    try expectEqual(refusal, expected ?? .unknown(task.id), "refusal")
                }
                try expectEqual(try await context.reader.broker.inspect(task.id.control), nil, "control channel")
            }
        },
        ConformanceCase(
            "cancel-anew",
            promise: "The wish ends with its attempt, and one for a later attempt takes its place."
        ) { context in
            let task = try context.underTest()
            try await task.become(.started)
            _ = try await task.writer.cancel(task.id)
            try await task.change(TaskChange(state: .cancelled))
            let anew = try await task.change(TaskChange(state: .started, attempt: 2))
            try expect(!anew.cancelRequested, "it is \(anew.json)")
            _ = try await task.reader.cancel(task.id)
            let control = try await context.reader.status(task.id.control)
            try expectEqual(control.retained.map(\.data), ["{\"attempt\":2}"], "what the worker finds")
            // Another task of the same name, whose control channel is left from the one before.
            _ = try await context.writer.broker.delete(task.id.channel)
            try await task.become(.started)
            _ = try await task.reader.cancel(task.id)
            let left = try await context.reader.status(task.id.control)
            try expectEqual(left.retained.map(\.data), ["{\"attempt\":1}"], "what the worker of the new task finds")
        },
        ConformanceCase(
            "cancel-race",
            promise: "However a wish to end races with the end, the end stands, and the wish is recorded or refused."
        ) { context in
            for round in 0..<20 {
                let task = try context.underTest("\(round)")
                try await task.become(.started)
                async let wish = result { () throws(TaskError) in try await task.reader.cancel(task.id) }
                let end = try await task.change(TaskChange(state: .finished))
                try expectEqual(end.state, .finished, "state")
                switch await wish {
                case .success: try expect(try await task.snapshot().cancelRequested, "the wish is forgotten")
                case .failure(let refusal):
                    try expectEqual(
                        refusal, .illegalTransition(to: "cancelled", current: .finished, attempt: 1), "refusal")
                }
            }
        },
    ]

    private static func result<Value>(
        of body: () async throws(TaskError) -> Value
    ) async -> Result<Value, TaskError> {
        do throws(TaskError) { return .success(try await body()) } catch { return .failure(error) }
    }
}
