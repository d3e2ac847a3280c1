import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// How the gateway asks others: the identity provider and the application.
enum AccessHTTP {
    /// Connections to one server; further requests wait for one until their time is over.
    static let connectionsPerServer = 32

    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
    }

    enum Failure: Error, CustomStringConvertible {
        case timeout(Duration)
        case failed(String)

        var description: String {
            switch self {
            case .timeout(let timeout): "no answer within \(timeout)"
            case .failed(let reason): reason
            }
        }
    }

    /// One for the process, which never ends it: what waits for an answer may belong to rules that were replaced.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        // A redirect would carry a reader's cookie to where nobody said that it may go.
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsPerServer
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// It is a URL that can be asked.
    static func accepts(_ url: String) -> Bool {
        url.wholeMatch(of: /https?:\/\/[^\/?#\s]+[^\s]*/) != nil && url.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// The whole answer, of at most `maximumBytes`, within the time.
    static func perform(
        _ request: HTTPClientRequest, within timeout: Duration, maximumBytes: Int
    ) async throws(Failure) -> Answer {
        let outcome = await withTaskGroup(of: Result<Answer, Failure>.self) { group in
            group.addTask { await answer(request, timeout, maximumBytes) }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return .failure(.timeout(timeout))
            }
            let first = await group.next() ?? .failure(.timeout(timeout))
            group.cancelAll()
            return first
        }
        return try outcome.get()
    }

    private static func answer(
        _ request: HTTPClientRequest, _ timeout: Duration, _ maximumBytes: Int
    ) async -> Result<Answer, Failure> {
        do {
            let response = try await client.execute(request, timeout: TimeAmount(timeout))
            let body = try await response.body.collect(upTo: maximumBytes)
            return .success(Answer(status: Int(response.status.code), body: Array(body.readableBytesView)))
        } catch {
            return .failure(.failed("\(error)"))
        }
    }
}
