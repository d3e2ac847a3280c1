import HTTPTypes
import Hummingbird
import Logging
import Tasks

/// Every error leaves as problem+json; what nobody expected is logged, and says nothing of its inside.
struct ProblemMiddleware: RouterMiddleware {
    let methods: PathMethods
    let refusals: Refusals

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            var problem = problem(of: error, request, context)
            problem.name(context.id)
            refusals.count(problem)
            return problem.response()
        }
    }

    private func problem(of error: any Error, _ request: Request, _ context: GatewayContext) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as TaskError: return Problem(error)
        case let timeout as BodyTimeout:
            return Problem(
                .requestTimeout, "timeout",
                "for \(timeout.seconds) s nothing, or too little, came of the request's body")
        case let error as any HTTPResponseError where error.status.code < 500: return notFound(request, error.status)
        default:
            context.logger.error("a request failed", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            return Problem(.internalServerError, "internal", "the gateway could not answer this request")
        }
    }

    private func notFound(_ request: Request, _ status: HTTPResponse.Status) -> Problem {
        guard status == .notFound else { return Problem(status, "invalid_request", status.reasonPhrase) }
        if let allowed = methods.allowed(request.uri.path) {
            return .methodNotAllowed(request.method.rawValue, allowed: allowed)
        }
        return Problem(.notFound, "not_found", "there is no \(request.method.rawValue) \(request.uri.path.prefix(200))")
    }
}
