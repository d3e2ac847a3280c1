import Access
import BrokerCore
import GatewayConfig
import HTTPTypes
import Hub
import Hummingbird
import NIOCore
import Tasks

/// What there is to know of tasks: the snapshot of one, a page of many, the log of one.
struct TaskReadRoute: Sendable {
    /// The longest that a reader may wait, in seconds.
    private static let maximumWait: UInt64 = 60

    let services: Services

    /// `GET /v1/tasks/{id}` and `…/log`.
    func read(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let target = try Target(request.head)
        guard let path = TaskPath(target.path), path.verb != .cancel else { throw HTTPError(.notFound) }
        let id = try path.id(in: services.tasks.namespace)
        let caller = try await services.gate.caller(request, context)
        try await caller.require(.subscribe, id.channel)
        if path.verb == .log { return try await log(id, target.query, request.headers) }
        let known = ETagCondition(request.headers[.ifNoneMatch])
        let wait = try target.query.integer("wait", in: 0...Self.maximumWait) ?? 0
        let snapshot = try await snapshot(of: id, unlike: known, within: min(.seconds(Int64(wait)), caller.timeLeft))
        try caller.requireAdmission()
        if known.matches(snapshot.position) { return .notModified(snapshot) }
        guard snapshot.exists else { throw TaskError.unknown(id) }
        return .task(snapshot)
    }

    /// `GET /v1/tasks`: a page, the newest first.
    func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        // `/v1/tasks/` names a task, the one without an id, which can't be.
        if let path = TaskPath(request.uri.path) { _ = try path.id(in: services.tasks.namespace) }
        let caller = try await services.gate.caller(request, context)
        try caller.requireLists()
        let query = try TaskQuery(Query(target: request.head.path ?? ""))
        let isVisible: ((TaskID) -> Bool)? = caller.identity == nil ? nil : { caller.mayList($0.channel) }
        let page = try await services.tasks.list(query, where: isVisible)
        return .json { writer in
            writer.array("tasks", verbatim: page.tasks.map(\.json))
            if let cursor = page.cursor {
                writer.member("cursor", cursor.description)
            } else {
                writer.member("cursor", verbatim: "null")
            }
        }
    }

    private func log(_ id: TaskID, _ query: Query, _ headers: HTTPFields) async throws -> Response {
        let start = try StartSelection(services.config).start(of: id.channel, query, headers)
        guard try await services.tasks.snapshot(of: id).exists else { throw TaskError.unknown(id) }
        return try await ReadRoute(services: services).text(id.channel, start)
    }

    /// The snapshot, as soon as it is another than the reader has; without that, another than there is now. When the time is
    /// over: as it is then.
    private func snapshot(
        of id: TaskID, unlike known: ETagCondition, within time: Duration
    ) async throws -> TaskSnapshot {
        let deadline = ContinuousClock.now + time
        var snapshot = try await services.tasks.snapshot(of: id)
        let first = snapshot.position
        while known.isEmpty ? snapshot.position == first : known.matches(snapshot.position) {
            let left = deadline - .now
            // A final state is the last: nothing is waited for.
            guard left > .zero, !snapshot.isFinal else { break }
            let top = snapshot.top
            await services.hub.news(of: id.channel, after: top, within: left, as: TaskNewsForm.shared)
            snapshot = try await services.tasks.snapshot(of: id)
            // Nothing has come: the time is over, or nothing will.
            if snapshot.top == top { break }
        }
        return snapshot
    }
}

/// Only what changes a snapshot is news.
private final class TaskNewsForm: WireForm {
    static let shared = TaskNewsForm()

    func append(_ message: Message, to writer: inout ByteWriter) {
        if message.retain == TaskNames.stateKey || message.retain == TaskNames.progressKey { writer.append(byte: 1) }
    }
}

extension TaskQuery {
    /// What the query of a list says.
    /// - Throws: ``Problem`` that names what is wrong.
    fileprivate init(_ query: Query) throws(Problem) {
        var states: Set<TaskState> = []
        for word in query.all("state").flatMap({ $0.split(separator: ",") }) {
            guard let state = TaskState(rawValue: String(word)) else {
                let allowed = TaskState.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.invalidQuery("state", word, "some of \(allowed)")
            }
            states.insert(state)
        }
        let limit = try query.integer("limit", in: 1...UInt64(Self.maximumLimit)) ?? 100
        let cursor = try query["cursor"].map { text throws(Problem) in
            guard let cursor = TaskCursor(text) else {
                throw Problem.invalidQuery("cursor", text, "the \"cursor\" of an earlier page")
            }
            return cursor
        }
        self.init(states: states, limit: Int(limit), cursor: cursor)
    }
}
