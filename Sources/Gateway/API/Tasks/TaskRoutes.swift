import Access
import BrokerCore
import GatewayConfig
import HTTPTypes
import Hub
import Hummingbird
import JSONText
import NIOCore
import Tasks

/// What is done with tasks: created, changed, cancelled, deleted.
struct TaskRoutes: Sendable {
    let services: Services

    /// `POST /v1/tasks`: queues a task, or a new attempt of one.
    func create(_ request: Request, _ context: GatewayContext) async throws -> Response {
        // Who it is comes before the body: that of a stranger is not kept.
        let caller = try await services.gate.caller(request, context)
        try caller.requireToken()
        let namespace = services.tasks.namespace
        let creation = try await object(request, empty: TaskCreation()) { object throws(TaskError) in
            try TaskCreation(object, namespace: namespace)
        }
        let snapshot = try await create(creation, request.idempotencyKey(), by: caller)
        return .task(snapshot, status: .accepted, location: true)
    }

    private func create(_ creation: TaskCreation, _ key: IdempotencyKey?, by caller: Caller) async throws
        -> TaskSnapshot
    {
        try services.limits.admitMessage(of: caller.publisher)
        for id in try services.tasks.ids(for: creation, key) {
            try await caller.require(.publish, id.channel)
            if let snapshot = try await services.tasks.create(creation, as: id, idempotencyKey: key) { return snapshot }
        }
        throw TaskError.busy
    }

    /// `POST /v1/tasks/{id}/log` and `…/cancel`. What a path does not have is not found; the middleware knows what it has.
    func post(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let (id, verb) = try subject(request)
        let caller = try await services.gate.caller(request, context)
        switch verb {
        case .log:
            try await caller.require(.publish, id.channel)
            return try await TaskLogRoute(services: services).append(request, to: id, by: caller)
        case .cancel:
            try await caller.require(.cancel, id.channel)
            try services.limits.admitMessage(of: caller.publisher)
            return .task(try await services.tasks.cancel(id), status: .accepted)
        case nil: throw HTTPError(.notFound)
        }
    }

    /// `PUT /v1/tasks/{id}/log`: what `curl -T` says for POST.
    func put(_ request: Request, _ context: GatewayContext) async throws -> Response {
        guard try subject(request).1 == .log else { throw HTTPError(.notFound) }
        return try await post(request, context)
    }

    /// `PATCH /v1/tasks/{id}`: what a worker says, all in one request; nothing at all is a heartbeat.
    func change(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let id = try task(request)
        let caller = try await services.gate.caller(request, context)
        try await caller.require(.publish, id.channel)
        let change = try await object(request, empty: TaskChange()) { object throws(TaskError) in
            try TaskChange(object)
        }
        try caller.requireAdmission()
        try services.limits.admitMessage(of: caller.publisher)
        return .task(try await services.tasks.change(id, change, idempotencyKey: request.idempotencyKey()))
    }

    /// `DELETE /v1/tasks/{id}`: the task is gone in every respect.
    func delete(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let id = try task(request)
        try await services.gate.caller(request, context).require(.publish, id.channel)
        guard try await services.tasks.delete(id) else { throw TaskError.unknown(id) }
        return Response(status: .noContent)
    }

    /// The task that a path names which asks for nothing else.
    private func task(_ request: Request) throws -> TaskID {
        let (id, verb) = try subject(request)
        guard verb == nil else { throw HTTPError(.notFound) }
        return id
    }

    private func subject(_ request: Request) throws -> (TaskID, TaskPath.Verb?) {
        guard let path = TaskPath(try Target(request.head).path) else { throw HTTPError(.notFound) }
        return (try path.id(in: services.tasks.namespace), path.verb)
    }

    /// Reads a body that is a JSON object, or nothing.
    private func object<Value>(
        _ request: Request, empty: Value, _ read: (JSONObject) throws(TaskError) -> Value
    ) async throws -> Value {
        let limit = Publication.longestObject(dataBytes: services.live.read(\.limits.messageBytes))
        let body = try await TextBody.read(request, limit: limit)
        guard body.readableBytes > 0 else { return empty }
        return try body.withUnsafeReadableBytes { bytes in
            let object: JSONObject
            do throws(JSONError) { object = try JSONObject(bytes) } catch { throw Problem.invalidJSON(error) }
            return try read(object)
        }
    }
}
