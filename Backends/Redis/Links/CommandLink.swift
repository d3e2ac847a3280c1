import BrokerCore
import BrokerSupport
import Logging
import NIOCore

/// The connection to a primary over which commands go, kept up.
///
/// While it is down everything fails at once, with the reason. A server that has lost the functions is given them, and
/// the call is repeated; a primary that has been demoted is left, and located again.
final class CommandLink: Sendable {
    /// One result for each call or command, in order. May be called before `send` returns.
    typealias Completion = @Sendable ([Result<Reply, RedisError>]) -> Void

    private enum State {
        case down(RedisError)
        case up(CommandSession)
    }

    private let state = Locked(State.down(.unreachable(reason: "Redis is not connected yet")))
    private let locator: any PrimaryLocator
    let handshake: CommandHandshake
    private let group: any EventLoopGroup
    let logger: Logger

    init(
        locator: any PrimaryLocator, options: RedisOptions, library: Library, kind: ServerKind,
        group: any EventLoopGroup, logger: Logger
    ) {
        self.locator = locator
        handshake = CommandHandshake(options: options, library: library, kind: kind)
        self.group = group
        self.logger = logger
    }

    /// The server, while the link is up; why it is not, else.
    var server: Result<(endpoint: Endpoint, identity: ServerIdentity), RedisError> {
        switch session() {
        case .success(let session): .success((session.endpoint, session.identity))
        case .failure(let error): .failure(error)
        }
    }

    /// The first connection: also tries every permission that is needed.
    /// - Throws: ``RedisError/unusable(_:)`` or ``RedisError/unreachable(reason:)``, in words for the operator.
    func open() async throws(RedisError) {
        _ = try await connect()
        let session = try session().get()
        do throws(RedisError) {
            try await PermissionTrial(session: session, library: handshake.library, user: handshake.user).run()
        } catch {
            session.connection.close()
            throw error
        }
    }

    /// Keeps the link up until the task is cancelled; then it is down for good.
    func run() async {
        let first = try? session().get().connection
        await Upkeep(purpose: "commands", logger: logger).run(first) {
            self.reason
        } connect: { () async throws(RedisError) in
            try await self.connect()
        }
    }

    /// Leaves the connection: the primary is located again. What is under way fails with the reason.
    func relocate(_ reason: String) {
        guard case .success(let session) = session() else { return }
        leave(session, .unreachable(reason: reason))
    }

    private var reason: RedisError {
        if case .failure(let error) = session() { error } else { .unreachable(reason: "the connection ended") }
    }

    func session() -> Result<CommandSession, RedisError> {
        state.withLock { state in
            switch state {
            case .up(let session): .success(session)
            case .down(let error): .failure(error)
            }
        }
    }
}

// MARK: Connecting

extension CommandLink {
    private func connect() async throws(RedisError) -> RedisConnection {
        do throws(RedisError) {
            let session = try await newSession()
            enter(session)
            return session.connection
        } catch {
            state.withLock { $0 = .down(error) }
            throw error
        }
    }

    private func newSession() async throws(RedisError) -> CommandSession {
        let endpoint = try await locator.locate()
        let connection = try await RedisConnection.open(endpoint, handshake.options, on: group)
        do throws(RedisError) {
            let (session, replacedOthers) = try await handshake.greet(connection, at: endpoint)
            if replacedOthers {
                logger.warning("Redis: the functions of a gateway with other settings have been replaced")
            }
            return session
        } catch {
            connection.close()
            throw error
        }
    }

    private func enter(_ session: CommandSession) {
        state.withLock { $0 = .up(session) }
        session.connection.closed.whenSuccess { self.leave(session, $0) }
    }

    /// The link is down, if this session was its last.
    func leave(_ session: CommandSession, _ reason: RedisError) {
        state.withLock { state in
            if case .up(let current) = state, current.connection === session.connection { state = .down(reason) }
        }
        session.connection.close()
    }
}
