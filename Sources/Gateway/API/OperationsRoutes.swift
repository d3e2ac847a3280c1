import BrokerCore
import Hub
import Hummingbird

/// `/healthz`, `/readyz` and `/metrics`.
struct OperationsRoutes: Sendable {
    let services: Services

    func health(_: Request, _: GatewayContext) async throws -> Response { .text("ok\n") }

    func ready(_: Request, _: GatewayContext) async throws -> Response {
        if services.counters.isDraining {
            throw Problem(.serviceUnavailable, "draining", "the gateway is shutting down")
        }
        do throws(BrokerError) { try await services.readiness.check() } catch { throw Problem(error) }
        return .text("ok\n")
    }

    /// Prometheus text, as its exposition format has it.
    func metrics(_: Request, _: GatewayContext) async throws -> Response {
        let stats = await services.hub.stats()
        var text = ""
        func add(_ name: String, _ type: String, _ help: String, _ value: UInt64) {
            text += "# HELP telltale_\(name) \(help)\n# TYPE telltale_\(name) \(type)\ntelltale_\(name) \(value)\n"
        }
        add("sessions", "gauge", "Readers' connections.", UInt64(stats.sessions))
        add("subscriptions", "gauge", "Subscriptions of all sessions.", UInt64(stats.subscriptions))
        add("channels", "gauge", "Channels that the shards know.", UInt64(stats.channels))
        add(
            "published_total", "counter", "Messages published through this gateway, over HTTP or WebSocket.",
            services.counters.published)
        add("delivered_total", "counter", "Messages handed to readers.", stats.delivered)
        add("sent_bytes_total", "counter", "Bytes taken by readers' sockets.", stats.bytes)
        add("gaps_total", "counter", "Gaps that readers were told of.", stats.gaps)
        add("lagged_total", "counter", "Times that a reader was full and fed from the log.", stats.lagged)
        add("broker_recoveries_total", "counter", "Recoveries that the broker was asked for by the hub.", stats.queries)
        var response = Response.text(text)
        response.headers[.contentType] = "text/plain; version=0.0.4; charset=utf-8"
        return response
    }
}
