import Access
import HTTPTypes
import Hummingbird

/// Where a request comes from.
struct RequestSender: Sendable {
    /// The page that has sent it.
    var origin = PageOrigin.own
    /// The client's address, without a port; empty if it has none.
    var address = ""
}

extension Gate {
    /// Who sends a request to the router.
    /// - Throws: ``Problem`` for a token that does not hold.
    func caller(_ request: Request, _ context: GatewayContext) async throws(Problem) -> Caller {
        guard !isOpen else { return Caller(gate: self, identity: nil, address: context.sender.address) }
        return try await identifiedCaller(request, context)
    }

    /// The same, who is asked though nothing may be protected.
    /// - Throws: ``Problem`` for a token that does not hold.
    func identifiedCaller(_ request: Request, _ context: GatewayContext) async throws(Problem) -> Caller {
        let query = try Query(target: request.head.path ?? "")
        return try await caller(credentials(request.headers, query, context.sender))
    }

    /// - Throws: ``Problem`` for a token that does not hold.
    func caller(_ credentials: Credentials) async throws(Problem) -> Caller {
        Caller(gate: self, identity: try await identify(credentials), address: credentials.address)
    }

    /// What a request shows of who sends it. A page of a foreign origin shows no cookie, though its browser sends it along.
    /// - Throws: ``Problem`` when it shows tokens that differ.
    func credentials(
        _ fields: HTTPFields, _ query: Query, _ sender: RequestSender
    ) throws(Problem) -> Credentials {
        let mayUseCookies = sender.origin.mayUseCookies
        let token = try RequestToken.find(fields, query, cookieName: mayUseCookies ? cookieName : nil)
        return Credentials(token: token, cookie: mayUseCookies ? fields[.cookie] : nil, address: sender.address)
    }
}
