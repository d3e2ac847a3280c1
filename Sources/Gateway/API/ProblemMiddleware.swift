import HTTPTypes
import Hummingbird
import Logging
import Tasks

/// Every error leaves as problem+json; what nobody expected is logged, and says nothing of its inside.
struct ProblemMiddleware: RouterMiddleware {
    let methods: PathMethods

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            return problem.response()
        } catch let error as TaskError {
            return Problem(error).response()
        } catch let timeout as BodyTimeout {
            return Problem(
                .requestTimeout, "timeout", "nothing came for \(timeout.seconds) s inside the request's body"
            ).response()
        } catch let error as any HTTPResponseError where error.status.code < 500 {
            return notFound(request, error.status).response()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            context.logger.error("a request failed", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            return Problem(.internalServerError, "internal", "the gateway could not answer this request").response()
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
