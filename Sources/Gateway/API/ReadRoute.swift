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

    func read(_ request: Request, _: GatewayContext) async throws -> Response {
        let target = try Target(request.head)
        let channel = try target.channel()
        let start = try StartSelection(services.config).start(of: channel, target.query, request.headers)
        let limit = try target.query.integer("limit", in: 1...Self.maximumLimit) ?? Self.defaultLimit
        let wait = try target.query.integer("wait", in: 0...Self.maximumWait) ?? 0
        if Accept(request.headers[.accept]).prefersText { return try await text(channel, start) }
        let page = RecoveryLimit(messages: Int(limit), bytes: services.config.limits.sessionBufferBytes)
        var recovery = try await recover(channel, start, page)
        if wait > 0, recovery.messages.isEmpty, recovery.gap == nil, !recovery.closed {
            await services.hub.news(of: channel, after: recovery.end, within: .seconds(Int64(wait)))
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
            writer.append("{\"channel\":\"")
            writer.append(channel.rawValue)
            writer.append("\",\"epoch\":\"")
            writer.append(recovery.epoch.rawValue)
            writer.append("\",\"top\":")
            writer.append(recovery.top)
            writer.append(",\"trimmed\":")
            writer.append(recovery.trimmed)
            writer.append(",\"closed\":")
            writer.append(recovery.closed)
            writer.append(",\"complete\":")
            writer.append(recovery.gap == nil)
            if let gap = recovery.gap {
                writer.append(",\"gap\":{")
                writer.appendMembers(of: gap)
                writer.append("}")
            }
            writer.append(",\"retained\":{")
            for (index, message) in retained.enumerated() {
                if index > 0 { writer.append(",") }
                writer.appendJSON(message.retain?.rawValue ?? "")
                writer.append(":{")
                writer.appendMembers(of: message)
                writer.append("}")
            }
            writer.append("},\"messages\":[")
            for (index, message) in recovery.messages.enumerated() {
                writer.append(index > 0 ? ",{" as StaticString : "{")
                writer.appendMembers(of: message)
                writer.append("}")
            }
            writer.append("],\"next\":\"")
            writer.append(recovery.end.description)
            writer.append("\"}\n")
        }
    }

    /// All that there is after the start, as text. It is written page by page, as the reader takes it.
    private func text(_ channel: ChannelName, _ start: Start) async throws -> Response {
        let page = RecoveryLimit(messages: Int(Self.maximumLimit), bytes: services.config.limits.sessionBufferBytes)
        let first = try await recover(channel, start, page)
        let services = services
        return Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                var recovery = first
                while true {
                    var bytes = ByteWriter()
                    for message in recovery.messages { TextForm.shared.append(message, to: &bytes) }
                    if bytes.count > 0 { try await writer.write(ByteBuffer(bytes.finish())) }
                    if recovery.reachesTop { break }
                    recovery = try await services.broker.recover(channel, from: .after(recovery.end), limit: page)
                }
                try await writer.finish(nil)
            })
    }
}
