import Access
import BrokerCore
import GatewayConfig
import HTTPTypes
import Hummingbird
import Tasks

/// `POST /v1/tasks/{id}/log`: the body is a worker's output, a line a message. With `lines=1` it may be of any length, and is
/// published as it arrives; without, it is one change of the task.
struct TaskLogRoute: Sendable {
    let services: Services

    func append(_ request: Request, to id: TaskID, by caller: Caller) async throws -> Response {
        let query = try Target(request.head).query
        let attempt = try query.integer("attempt", in: TaskFields.attempts)
        if try query.flag("lines") { return try await stream(request, to: id, attempt, caller) }
        let body = try await TextBody.read(request, limit: services.live.read(\.limits.messageBytes))
        try caller.requireAdmission()
        let change = TaskChange(attempt: attempt, log: try Self.lines(TextBody.text(body)))
        try services.limits.admitMessage(of: caller.publisher)
        return .task(try await services.tasks.change(id, change, idempotencyKey: request.idempotencyKey()))
    }

    private static func lines(_ text: String) throws(Problem) -> [String] {
        guard !text.isEmpty else { return [] }
        let lines = TaskFields.lines(of: text)
        guard lines.count <= TaskFields.maximumLines else {
            throw Problem(
                .contentTooLarge, "too_many_lines",
                "a text may have \(TaskFields.maximumLines) lines; lines=1 takes any number of them")
        }
        return lines
    }

    private func stream(
        _ request: Request, to id: TaskID, _ attempt: UInt64?, _ caller: Caller
    ) async throws -> Response {
        guard request.headers[.idempotencyKey] == nil else {
            throw Problem(.badRequest, "invalid_query", "Idempotency-Key is of one change: lines=1 makes many")
        }
        let writing = TaskLogWriting(services.tasks, try await services.tasks.beginLog(id, attempt: attempt))
        return try await LinesPublisher(
            services: services, template: PublishTemplate(publication: await writing.log.publication(of: "")),
            publisher: caller.publisher,
            before: {
                try await caller.require(.publish, id.channel)
                try await writing.renew()
            }
        ).publish(request)
    }
}

/// A task whose log is being written: every line shows that its worker is there.
private actor TaskLogWriting {
    private let tasks: TaskStore
    private(set) var log: TaskLog
    private var renewed = ContinuousClock.now

    init(_ tasks: TaskStore, _ log: TaskLog) {
        self.tasks = tasks
        self.log = log
    }

    /// Before lines are published: renews the lease, four times in its length at most, and brings back a task that was lost while
    /// nothing came.
    /// - Throws: ``TaskError`` when the task takes no more lines.
    func renew() async throws {
        guard let lease = log.lease, .now - renewed >= lease.renewalInterval else { return }
        renewed = .now
        log = try await tasks.beginLog(log.id, attempt: log.attempt)
    }
}
