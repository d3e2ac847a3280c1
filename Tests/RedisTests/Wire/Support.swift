import NIOCore
import NIOPosix

@testable import RedisBroker

/// The threads of all connections of these tests.
let group = MultiThreadedEventLoopGroup.singleton

/// The thread of servers that only seem to be one: whatever keeps the connections' threads busy does not make these
/// servers slow.
let peerGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)

extension RedisOptions {
    /// For tests that are about something else than time, on machines that are busy.
    static var patient: RedisOptions {
        var options = RedisOptions()
        options.commandTimeout = .seconds(20)
        options.connectTimeout = .seconds(20)
        return options
    }
}

extension RedisConnection {
    /// Opens a connection, runs `body` and closes it.
    static func run<Result: Sendable>(
        _ endpoint: Endpoint, _ options: RedisOptions = .patient, push: (@Sendable ([Reply]) -> Void)? = nil,
        isolation: isolated (any Actor)? = #isolation, _ body: (RedisConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try await open(endpoint, options, on: group, push: push)
        defer { connection.close() }
        return try await body(connection)
    }

    /// Sends one command.
    func send(_ words: String...) async -> Answer { await send([Command(words)])[0] }

    /// Waits for the end, and gives the reason.
    func reason() async throws -> RedisError { try await closed.get() }
}

/// What a connection gives up with when it is opened.
func failure(_ endpoint: Endpoint, _ options: RedisOptions = .patient) async -> RedisError? {
    do throws(RedisError) {
        try await RedisConnection.open(endpoint, options, on: group).close()
        return nil
    } catch {
        return error
    }
}

extension RedisError {
    /// The words of an error that stops the start.
    var unusableWords: String? { if case .unusable(let words) = self { words } else { nil } }

    var unreachableWords: String? { if case .unreachable(let words) = self { words } else { nil } }
}
