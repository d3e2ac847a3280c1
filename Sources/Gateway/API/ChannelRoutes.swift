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
            writer.append("{\"channels\":[")
            for (index, summary) in page.enumerated() {
                writer.append(index > 0 ? ",{\"channel\":\"" as StaticString : "{\"channel\":\"")
                writer.append(summary.channel.rawValue)
                writer.append("\",\"epoch\":\"")
                writer.append(summary.epoch.rawValue)
                writer.append("\",\"top\":")
                writer.append(summary.top)
                writer.append(",\"closed\":")
                writer.append(summary.closed)
                writer.append(",\"readers\":")
                writer.append(UInt64(readers[index]))
                writer.append("}")
            }
            writer.append("],\"cursor\":")
            if page.count == limit, let last = page.last {
                writer.appendJSON(last.channel.rawValue)
            } else {
                writer.append("null")
            }
            writer.append("}\n")
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
