import Access
import BrokerCore
import GatewayConfig
import Hub
import Hummingbird

/// `GET /v1/channels` and `DELETE /v1/channels/{channel}`.
struct ChannelRoutes: Sendable {
    private static let defaultLimit: UInt64 = 100

    let services: Services

    func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        // `/v1/channels/` names a channel, the empty one, which can't be.
        if request.uri.path.hasSuffix("/") { _ = try Target(request.head).channel() }
        let query = try Query(target: request.head.path ?? "")
        let most = UInt64(services.live.read(\.limits.channelsPerPage))
        let limit = Int(try query.integer("limit", in: 1...most) ?? min(Self.defaultLimit, most))
        let cursor = try query["cursor"].map { text throws(Problem) in try Target.channel(text) }
        let caller = try await services.gate.caller(request, context)
        try caller.requireLists()
        let page = try await page(ChannelQuery(prefix: query["prefix"] ?? "", after: cursor, limit: limit), caller)
        let readers = await services.hub.readers(of: page.map(\.channel))
        return .json { writer in
            writer.array("channels", of: zip(page, readers).map { $0 }) { writer, entry in
                let (summary, readers) = entry
                writer.member("channel", summary.channel.rawValue)
                writer.member("epoch", summary.epoch.rawValue)
                writer.member("top", summary.top)
                writer.member("closed", summary.closed)
                writer.member("readers", UInt64(readers))
            }
            if page.count == limit, let last = page.last {
                writer.member("cursor", last.channel.rawValue)
            } else {
                writer.member("cursor", verbatim: "null")
            }
        }
    }

    /// A page of the channels that the caller may read. A cursor names the last of them, so that it names no other: the
    /// list is gone through until the page is full.
    private func page(_ query: ChannelQuery, _ caller: Caller) async throws -> [ChannelSummary] {
        var (whole, found) = (query, [ChannelSummary]())
        // Whatever little was asked for: much of it may be left out.
        if caller.identity != nil { whole.limit = services.live.read(\.limits.channelsPerPage) }
        while true {
            try Task.checkCancellation()
            let next: [ChannelSummary]
            do throws(BrokerError) { next = try await services.broker.list(whole) } catch { throw Problem(error) }
            found += next.filter { caller.mayList($0.channel) }
            guard found.count < query.limit, next.count == whole.limit else { return Array(found.prefix(query.limit)) }
            whole.after = next.last?.channel
        }
    }

    func delete(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let channel = try Target(request.head).channel()
        try await services.gate.caller(request, context).require(.publish, channel)
        let existed: Bool
        do throws(BrokerError) { existed = try await services.broker.delete(channel) } catch { throw Problem(error) }
        guard existed else { throw Problem(.notFound, "not_found", "there is no channel \"\(channel)\"") }
        return Response(status: .noContent)
    }
}
