import HTTPTypes
import Hub

/// What carries requests to a ``RequestHandler``: a connection of HTTP/1.1, or a stream of HTTP/2. It lives on the channel's event
/// loop.
protocol RequestCarrier: AnyObject {
    /// Called on a body that has come to a standstill.
    var bodyTimedOut: ((BodyTimeout) -> Void)? { get set }

    /// Who is at the other end.
    var peer: Peer { get }
    /// The connection carries several requests at once, so that it being counted counts none of them.
    var isOneOfMany: Bool { get }

    /// Whether a body comes behind this head.
    func hasBody(_ request: HTTPRequest) -> Bool

    /// The head has come.
    func beganBody(_ kind: RequestBodyKind)
    func endedBody()
    /// The body is not read for a while, by our own doing: its silence is not the peer's.
    func suspendedBody()
    /// It is read again.
    func resumedBody()

    /// Answers a request that can't be taken, and takes nothing more of it.
    func refuse(_ problem: Problem)
    /// Lets go of a peer that can't be understood, while it is being answered.
    func closeGently()
    /// What is wrong with a request that could not be read; `nil`: there is nobody to tell.
    func problem(of error: any Error, _ limits: RequestLimits) -> Problem?

    /// The request is over, and is answered by a stream: gives what it came by to the Hub, and what it counts as.
    func handOver(to hub: Hub, holds: [Hold], _ transport: @escaping @Sendable () -> any Transport)
}

/// The bounds of a request's head.
struct RequestLimits {
    /// Its line and headers together.
    let bytes: Int
    let count: Int

    var headersTooLarge: Problem {
        Problem(
            .requestHeaderFieldsTooLarge, "headers_too_large",
            "a request may have \(count) headers of \(bytes) bytes together")
    }
}
