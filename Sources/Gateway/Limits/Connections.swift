import GatewayConfig
import HTTPTypes
import Logging
import NIOCore
import Synchronization

/// How many connections there are, in all and of each address.
///
/// Those of trusted proxies count in all only; of the address that a request on them comes from count that request, while it is
/// answered, and the stream that it becomes. So do the requests and streams of HTTP/2, besides the connection that carries them.
package final class Connections: Sendable {
    /// Connections that may take their time to read why they are refused. Beyond that they are closed at once, which may lose
    /// them the answer: a flood of them holds no more descriptors than these.
    private static let mostRefused = 64
    /// When to try again, in seconds.
    private static let retrySeconds: UInt64 = 5

    private let live: LiveConfig
    private let trusted: Derived<[String], [IPNetwork]>
    /// The limit that was in force at the start.
    private let descriptors = Descriptors.limit
    private let all = Tally<Int>()
    private let addresses = Tally<IPAddress>()
    private let refused = Tally<Int>()

    init(live: LiveConfig) {
        self.live = live
        trusted = Derived(live, of: \.trustedProxies) { $0.compactMap { IPNetwork($0) } }
    }

    /// The most that are served at once.
    var most: Int { Self.most(live.read(\.limits.connections), descriptors: descriptors) }

    /// The most that can be served at once.
    /// - Parameter configured: 0: as many as the descriptors allow.
    package static func most(_ configured: Int, descriptors: UInt64 = Descriptors.limit) -> Int {
        let ceiling = max(1, Int(clamping: descriptors - Descriptors.reserve(of: descriptors)))
        return configured > 0 ? min(configured, ceiling) : ceiling
    }

    /// Says at the start when fewer are served than was asked for.
    func warn(_ logger: Logger) {
        let configured = live.read(\.limits.connections)
        guard configured > most else { return }
        logger.warning(
            "limits.connections is more than the descriptors allow: raise the limit (ulimit -n, LimitNOFILE)",
            metadata: [
                "configured": "\(configured)", "connections": "\(most)", "descriptors": "\(descriptors)",
            ])
    }

    /// The other end of a connection.
    func peer(_ channel: any Channel) -> Peer {
        Peer(IPAddress(channel.remoteAddress), trusted: trusted.value)
    }

    /// Counts a connection for as long as what is returned lives.
    /// - Throws: ``Problem`` when it is one too many.
    func admit(_ peer: Peer) throws(Problem) -> [Hold] {
        let most = most
        guard let one = all.take(0, most: most) else {
            throw problem(
                .serviceUnavailable, "too_many_connections", "this gateway serves \(most) connections at once")
        }
        guard !peer.isProxy, let address = peer.address else { return [one] }
        return [one, try take(address)]
    }

    /// Counts a request, for as long as what is returned lives; `nil`: its connection is counted, which is enough.
    /// - Parameters:
    ///   - client: whom a trusted proxy asks for.
    ///   - isOneOfMany: the connection carries others at the same time.
    /// - Throws: ``Problem`` when the address has too much under way.
    func admit(_ client: IPAddress?, of peer: Peer, isOneOfMany: Bool) throws(Problem) -> Hold? {
        if let client { return try take(client) }
        guard isOneOfMany, !peer.isProxy, let address = peer.address else { return nil }
        return try take(address)
    }

    /// The handler of a connection that is not admitted, and its only one.
    func refusal(_ problem: Problem) -> RefusedConnection {
        RefusedConnection(problem, lingers: refused.take(0, most: Self.mostRefused))
    }

    private func take(_ address: IPAddress) throws(Problem) -> Hold {
        let most = live.read(\.limits.connectionsPerAddress)
        guard let hold = addresses.take(address.counted, most: most) else {
            throw problem(
                .tooManyRequests, "too_many_connections_of_address",
                "one address may have \(most) connections and streams at once (limits.connections_per_address)")
        }
        return hold
    }

    private func problem(_ status: HTTPResponse.Status, _ code: String, _ detail: String) -> Problem {
        var problem = Problem(status, code, detail)
        problem.retry(after: Self.retrySeconds)
        return problem
    }
}

extension Peer {
    /// Whom the proxy speaks for with this request.
    /// - Throws: ``Problem`` when its headers disagree.
    func client(of request: HTTPFields) throws(Problem) -> IPAddress? {
        guard isProxy else { return nil }
        return try client(forwarded: request[values: .forwarded], xForwardedFor: request[values: .xForwardedFor])
    }
}

extension HTTPField.Name {
    static let forwarded = HTTPField.Name("Forwarded")!  // A constant that is a valid name.
    static let xForwardedFor = HTTPField.Name("X-Forwarded-For")!
}
