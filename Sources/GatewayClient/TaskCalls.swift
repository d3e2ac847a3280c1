import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// What a worker minds of a task's snapshot.
struct TaskView: Decodable, Hashable, Sendable {
    var id: String
    var channel: String
    var state: String
    /// 0 where the state is unknown and the gateway names none.
    var attempt: UInt64
    var worker: String?
    var cancelRequested: Bool?
    /// `epoch:offset`
    var position: String?

    private enum CodingKeys: String, CodingKey {
        case id, channel, state, attempt, worker, position
        case cancelRequested = "cancel_requested"
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        id = try members.decode(String.self, forKey: .id)
        channel = try members.decode(String.self, forKey: .channel)
        state = try members.decode(String.self, forKey: .state)
        attempt = try members.decodeIfPresent(UInt64.self, forKey: .attempt) ?? 0
        worker = try members.decodeIfPresent(String.self, forKey: .worker)
        cancelRequested = try members.decodeIfPresent(Bool.self, forKey: .cancelRequested)
        position = try members.decodeIfPresent(String.self, forKey: .position)
    }

    var isQueued: Bool { state == "queued" }
    var isStarted: Bool { state == "started" }
    var epoch: String? { position.map { String($0.prefix { $0 != ":" }) } }
}

/// The task calls of the HTTP API, with bodies that are JSON objects. All throw ``Problem`` or ``ClientError``.
extension GatewayClient {
    func createTask(_ body: String, idempotencyKey: String) async throws -> TaskView {
        try await task(.POST, address.path("/v1/tasks"), body, idempotencyKey)
    }

    /// The body `{}` is a heartbeat.
    func changeTask(_ id: String, _ body: String, idempotencyKey: String? = nil) async throws -> TaskView {
        try await task(.PATCH, address.task(id), body, idempotencyKey)
    }

    func task(_ id: String) async throws -> TaskView {
        try await task(.GET, address.task(id), nil, nil)
    }

    private func task(
        _ method: HTTPMethod, _ url: String, _ body: String?, _ idempotencyKey: String?
    ) async throws -> TaskView {
        var request = request(method, url, contentType: body == nil ? nil : "application/json")
        request.headers.add(name: "accept", value: "application/json")
        if let idempotencyKey { request.headers.add(name: "idempotency-key", value: idempotencyKey) }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let answer = try await answer(to: request, within: Self.answerTimeout)
        do {
            return try JSONDecoder().decode(TaskView.self, from: answer)
        } catch {
            throw ClientError.notAGateway(address, found: "an answer without a task")
        }
    }
}

extension GatewayAddress {
    /// The address of a task, where its worker and its readers find it.
    package func task(_ id: String) -> String {
        path("/v1/tasks/" + Self.escape(id))
    }

    /// The page on which a person watches a task.
    package func watch(task id: String) -> String {
        path("/") + "#/task/" + Self.escape(id)
    }
}
