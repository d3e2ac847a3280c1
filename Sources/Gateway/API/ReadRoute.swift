import Access
import BrokerCore
import GatewayConfig
import HTTPTypes
import Hub
import Hummingbird
import NIOCore

/// `GET /v1/channels/{channel}` for those who take JSON or text: what there is now, or with `wait` as soon as there is something.
struct ReadRoute: Sendable {
    private static let defaultLimit: UInt64 = 100
    private static let maximumLimit: UInt64 = 1_000
    /// The longest that a reader may wait, in seconds.
    private static let maximumWait: UInt64 = 60

    let services: Services

    func read(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let target = try Target(request.head)
        let channel = try target.channel()
        let start = try StartSelection(services.config).start(of: channel, target.query, request.headers)
        let limit = try target.query.integer("limit", in: 1...Self.maximumLimit) ?? Self.defaultLimit
        let wait = try target.query.integer("wait", in: 0...Self.maximumWait) ?? 0
        let caller = try await services.gate.caller(request, context)
        try await caller.require(.subscribe, channel)
        if Accept(request.headers[.accept]).prefersText { return try await text(channel, start) }
        let page = RecoveryLimit(messages: Int(limit), bytes: services.live.read(\.limits.sessionBufferBytes))
        var recovery = try await recover(channel, start, page)
        if wait > 0, recovery.messages.isEmpty, recovery.gap == nil, !recovery.closed {
            await services.hub.news(
                of: channel, after: recovery.end, within: min(.seconds(Int64(wait)), caller.timeLeft))
            try caller.requireAdmission()
            recovery = try await recover(channel, .after(recovery.end), page)
        }
        return try await json(channel, recovery)
    }

    private func recover(_ channel: ChannelName, _ start: Start, _ limit: RecoveryLimit) async throws(Problem)
        -> Recovery
    {
        do throws(BrokerError) {
            return try await services.broker.recover(channel, from: start, limit: limit)
        } catch { throw Problem(error) }
    }

    private func json(_ channel: ChannelName, _ recovery: Recovery) async throws -> Response {
        let status: ChannelStatus?
        do throws(BrokerError) { status = try await services.broker.inspect(channel) } catch { throw Problem(error) }
        let retained = status?.epoch == recovery.epoch ? status?.retained ?? [] : []
        return .json { writer in
            writer.member("channel", channel.rawValue)
            writer.member("epoch", recovery.epoch.rawValue)
            writer.member("top", recovery.top)
            writer.member("trimmed", recovery.trimmed)
            writer.member("closed", recovery.closed)
            writer.member("complete", recovery.gap == nil)
            if let gap = recovery.gap { writer.object("gap") { $0.members(of: gap) } }
            writer.object("retained") { writer in
                for message in retained {
                    writer.key(message.retain?.rawValue ?? "")
                    writer.object { $0.members(of: message) }
                }
            }
            writer.array("messages", of: recovery.messages) { $0.members(of: $1) }
            writer.member("next", recovery.end.description)
        }
    }

    /// All that there is after the start, as text. It is written page by page, as the reader takes it.
    func text(_ channel: ChannelName, _ start: Start) async throws -> Response {
        let bytes = services.live.read(\.limits.sessionBufferBytes)
        let page = RecoveryLimit(messages: Int(Self.maximumLimit), bytes: bytes)
        let first = try await recover(channel, start, page)
        let services = services
        return Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                var recovery = first
                while true {
                    var bytes = ByteWriter()
                    if let gap = recovery.gap { TextForm.append(gap, to: &bytes) }
                    for message in recovery.messages { TextForm.shared.append(message, to: &bytes) }
                    if bytes.count > 0 { try await writer.write(ByteBuffer(bytes.finish())) }
                    // What is published while the reader reads is for those who follow.
                    if recovery.reachesTop || recovery.end.offset >= first.top { break }
                    recovery = try await services.broker.recover(channel, from: .after(recovery.end), limit: page)
                }
                try await writer.finish(nil)
            })
    }
}
