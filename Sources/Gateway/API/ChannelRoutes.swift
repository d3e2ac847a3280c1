import BrokerCore
import GatewayConfig
import Hub
import Hummingbird

/// `GET /v1/channels` and `DELETE /v1/channels/{channel}`.
struct ChannelRoutes: Sendable {
    private static let defaultLimit: UInt64 = 100

    let services: Services

    func list(_ request: Request, _: GatewayContext) async throws -> Response {
        // `/v1/channels/` names a channel, the empty one, which can't be.
        if request.uri.path.hasSuffix("/") { _ = try Target(request.head).channel() }
        let query = try Query(target: request.head.path ?? "")
        let most = UInt64(services.config.limits.channelsPerPage)
        let limit = Int(try query.integer("limit", in: 1...most) ?? min(Self.defaultLimit, most))
        let cursor = try query["cursor"].map { text throws(Problem) in try Target.channel(text) }
        let page: [ChannelSummary]
        do throws(BrokerError) {
            page = try await services.broker.list(
                ChannelQuery(prefix: query["prefix"] ?? "", after: cursor, limit: limit))
        } catch { throw Problem(error) }
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

    func delete(_ request: Request, _: GatewayContext) async throws -> Response {
        let channel = try Target(request.head).channel()
        let existed: Bool
        do throws(BrokerError) { existed = try await services.broker.delete(channel) } catch { throw Problem(error) }
        guard existed else { throw Problem(.notFound, "not_found", "there is no channel \"\(channel)\"") }
        return Response(status: .noContent)
    }
}
