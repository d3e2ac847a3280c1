import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A conversation with one gateway over HTTP. To be shut down when it is over.
package struct GatewayClient: Sendable {
    /// How long the making of a connection may take.
    static let connectTimeout = TimeAmount.seconds(5)
    /// How long the answer to a request of known size may take.
    static let answerTimeout = TimeAmount.seconds(15)
    /// How long an event stream may be silent before it is taken for dead. A gateway sends a comment every 15 s.
    package static let silence = Duration.seconds(60)
    /// The longest answer that is read whole, in bytes.
    static let answerBytes = 4 << 20

    package let address: GatewayAddress
    private let token: String?
    let http: HTTPClient

    /// - Parameters:
    ///   - authorities: who may vouch for the gateway's certificate besides those that the system trusts.
    ///   - silence: how long an answer may be silent before its connection is taken for dead; `nil`: for ever.
    package init(
        address: GatewayAddress, token: String?, authorities: TrustedAuthorities? = nil, silence: Duration? = nil
    ) {
        self.address = address
        self.token = token
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = Self.connectTimeout
        configuration.timeout.read = silence.map { TimeAmount($0) }
        configuration.redirectConfiguration = .disallow
        // A command has one stream, or few requests: HTTP/2 would bring it nothing.
        configuration.httpVersion = .http1Only
        if let authorities {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.additionalTrustRoots = [.certificates(authorities.certificates)]
            configuration.tlsConfiguration = tls
        }
        // Whoever uses a client decides for itself how long to go on trying.
        configuration.connectionPool.retryConnectionEstablishment = false
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    package func shutdown() async {
        // It throws when it is called twice, and then there is nothing left to do.
        try? await http.shutdown()
    }

    func request(_ method: HTTPMethod, _ url: String, contentType: String? = nil) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.method = method
        if let contentType { request.headers.add(name: "content-type", value: contentType) }
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        return request
    }

    /// The response to a request, whatever its status. Throws ``ClientError``.
    func perform(_ request: HTTPClientRequest, within timeout: TimeAmount?) async throws -> HTTPClientResponse {
        let deadline = timeout.map { NIODeadline.now() + $0 } ?? .distantFuture
        do {
            return try await http.execute(request, deadline: deadline)
        } catch {
            throw failure(error)
        }
    }

    /// The body of a successful answer. Throws ``Problem`` or ``ClientError``.
    func answer(to request: HTTPClientRequest, within timeout: TimeAmount?) async throws -> Data {
        let response = try await perform(request, within: timeout)
        let body = try await read(response)
        guard response.status.code < 300 else { throw refusal(response, body) }
        return body
    }

    func read(_ response: HTTPClientResponse) async throws -> Data {
        do {
            return Data(try await response.body.collect(upTo: Self.answerBytes).readableBytesView)
        } catch {
            throw failure(error)
        }
    }

    func refusal(_ response: HTTPClientResponse, _ body: Data) -> any Error {
        let status = Int(response.status.code)
        let problem = Problem(status: status, body: body)
        // A plain 404 or a redirect is some other server's; a gateway says what is wrong in a problem document.
        let foreign = (300..<400).contains(status) || status == 404 || status == 405
        guard foreign, problem.code == "http_\(status)" else { return problem }
        return ClientError.notAGateway(address, found: "status \(status)")
    }

    /// A failure of the HTTP client in the words of ``ClientError``.
    func failure(_ error: any Error) -> any Error {
        switch error {
        case is CancellationError, is ClientError, is Problem: error
        case let error as NIOConnectionError: ClientError.unreachable(address, reason: reason(error))
        case let error as HTTPClientError: failure(error)
        case let error as IOError: failure(error)
        // Only the making of a connection fails so.
        case let error:
            HandshakeFailure.words(error).map { ClientError.unreachable(address, reason: $0) }
                ?? ClientError.interrupted(reason: Self.isTransport(error) ? "closed by the gateway" : "\(error)")
        }
    }

    /// An error of a connection that is made.
    static func isTransport(_ error: any Error) -> Bool {
        error is HTTPClientError || error is ChannelError || error is IOError || error is NIOSSLError
            || error is BoringSSLError
    }

    private func failure(_ error: HTTPClientError) -> any Error {
        switch error {
        case .connectTimeout: ClientError.unreachable(address, reason: "no answer")
        case .cancelled: CancellationError()
        case .deadlineExceeded, .readTimeout: ClientError.interrupted(reason: "no answer in time")
        case .remoteConnectionClosed: ClientError.interrupted(reason: "closed by the gateway")
        default: ClientError.interrupted(reason: error.shortDescription)
        }
    }

    private func failure(_ error: IOError) -> ClientError {
        switch error.errnoCode {
        // Only the making of a connection fails so.
        case ECONNREFUSED, EHOSTUNREACH, ENETUNREACH: .unreachable(address, reason: words(error))
        default: .interrupted(reason: words(error))
        }
    }

    private func reason(_ error: NIOConnectionError) -> String {
        let causes = error.connectionErrors.map { ($0.error as? IOError).map(words) ?? "\($0.error)" }
        return causes.first ?? "its name can't be resolved"
    }

    private func words(_ error: IOError) -> String {
        String(cString: strerror(error.errnoCode)).lowercased()
    }
}
