import GatewayConfig
import HTTPTypes
import Hub
import Hummingbird

/// `/healthz`, `/readyz` and `/metrics`.
struct OperationsRoutes: Sendable {
    let services: Services

    func health(_: Request, _: GatewayContext) async throws -> Response { .text("ok\n") }

    /// As JSON with all reasons; as text for those who ask for that.
    func ready(_ request: Request, _: GatewayContext) async throws -> Response {
        let report = await services.readiness.report()
        let wantsText = Accept(request.headers[.accept]).prefersText
        guard let first = report.reasons.first else {
            return wantsText
                ? .text("ok\n")
                : .json { writer in
                    writer.member("ready", verbatim: "true")
                    writer.member("reasons", verbatim: "[]")
                }
        }
        var problem = Problem(.serviceUnavailable, first.code, first.detail)
        problem.values.append(("reasons", .json(report.json)))
        problem.retryLater()
        guard wantsText else { throw problem }
        let lines = report.reasons.map { "\($0.code): \($0.detail)\n" }.joined()
        return .text(lines, status: .serviceUnavailable)
    }

    /// Prometheus text, as its exposition format has it.
    /// - Throws: ``Problem`` for those whom `auth.metrics` keeps out.
    func metrics(_ request: Request, _ context: GatewayContext) async throws -> Response {
        switch services.live.read(\.metricsPolicy) {
        case .anyone: break
        case .key: try await services.gate.identifiedCaller(request, context).requireKey()
        case .nobody: throw Problem(.forbidden, "forbidden", "nobody may read the metrics here (auth.metrics)")
        }
        var response = Response.text(await services.metrics.text())
        response.headers[.contentType] = PrometheusText.contentType
        return response
    }
}
