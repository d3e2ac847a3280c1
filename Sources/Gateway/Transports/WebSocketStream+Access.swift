import Access
import BrokerCore
import HTTPTypes
import Hub

/// Who may follow what over a WebSocket, and for how long.
extension WebSocketStream {
    /// Follows what the query names; all of it was asked about.
    func beginStarts(_ session: Session) {
        let starts = beginning?.starts ?? []
        beginning = nil
        for start in starts { protection?.access.followed.insert(start.channel) }
        tasks.begin(starts, session)
    }

    /// What ends the connection now.
    func problem(_ now: UInt32) -> Problem? {
        guard let protection else { return options.gate.isOpen ? nil : .tokenMissing }
        return protection.access.problem(now)
    }

    /// Follows a channel, once nobody is against it.
    func ask(_ start: StreamStart, _ session: Session) {
        guard let protection else { return tasks.begin([start], session) }
        let access = protection.access
        let caller = access.caller
        if access.gate.mayNow(.subscribe, start.channel, access.identity) ?? false {
            return follow(start, session)
        }
        let number = protection.ask(start.channel)
        session.perform(
            { () async -> Problem? in
                do throws(Problem) { try await caller.require(.subscribe, start.channel) } catch { return error }
                return nil
            },
            then: { problem, session in
                (session.transport as? WebSocketStream)?.answered(start, number, problem, session)
            })
    }

    private func answered(_ start: StreamStart, _ number: UInt64, _ problem: Problem?, _ session: Session) {
        defer { resume(session) }
        guard protection?.answered(start.channel, number) ?? false else { return }
        guard let problem else { return follow(start, session) }
        refuse(problem, id: subscribing.removeValue(forKey: start.channel), session)
    }

    private func follow(_ start: StreamStart, _ session: Session) {
        protection?.access.followed.insert(start.channel)
        tasks.begin([start], session)
    }

    /// A channel has ended; a link ends with it.
    func forget(_ channel: ChannelName, _ session: Session) {
        guard let protection else { return }
        protection.access.followed.remove(channel)
        if protection.access.identity.untilClosed { close(session, .normal, "what the link led to has ended") }
    }

    // MARK: Tokens

    /// Verifies a token that came over the connection.
    /// - Parameter isRenewal: it takes the place of one that the connection has.
    func verify(_ token: String, isRenewal: Bool, _ id: String?, _ session: Session) throws(Problem) {
        let word = isRenewal ? "refreshed" : "authenticated"
        guard let protection else { return session.send(Self.frames.authenticated(word, expires: nil, id: id)) }
        let access = protection.access
        guard access.identity.isAnonymous != isRenewal else { throw isRenewal ? .notAuthenticated : .isAuthenticated }
        let channels = access.isWaiting ? (beginning?.starts ?? []).map(\.channel) : Array(access.followed)
        protection.isVerifying = true
        session.perform(
            { () async -> Result<Identity, Problem> in
                do throws(Problem) {
                    let identity = try await access.identify(token, following: channels)
                    if isRenewal, !access.identity.mayBeRenewed(by: identity) { throw .otherSubject }
                    return .success(identity)
                } catch { return .failure(error) }
            },
            then: { result, session in
                (session.transport as? WebSocketStream)?.verified(result, word, isRenewal: isRenewal, id, session)
            })
    }

    /// A token that does not hold ends a connection that has no other.
    private func verified(
        _ result: Result<Identity, Problem>, _ word: String, isRenewal: Bool, _ id: String?, _ session: Session
    ) {
        guard let protection else { return }
        protection.isVerifying = false
        do throws(Problem) {
            let identity = try result.get()
            let wasWaiting = protection.access.isWaiting
            try protection.access.become(identity, session.now)
            session.wake(at: protection.access.second)
            session.send(Self.frames.authenticated(word, expires: identity.expires, id: id))
            if wasWaiting { beginStarts(session) }
        } catch {
            guard isRenewal else { return end(session, error, id: id) }
            refuse(error, id: id, session)
        }
        resume(session)
    }

    /// Says what is against the connection, and closes it.
    func end(_ session: Session, _ problem: Problem, id: String? = nil) {
        refuse(problem, id: id, session)
        close(session, WebSocketCloseCode(problem), problem.code)
    }
}

extension WebSocketCloseCode {
    /// What a connection ends with that has this against it.
    init(_ problem: Problem) {
        switch problem.status {
        case .unauthorized: self = .unauthorized
        case .forbidden: self = .forbidden
        case .tooManyRequests: self = .tooMany
        case .serviceUnavailable: self = .tryAgainLater
        default: self = .badRequest
        }
    }
}

extension Problem {
    fileprivate static let notAuthenticated = Problem(
        .badRequest, "not_authenticated", "there is no token to be renewed: send auth")
    fileprivate static let isAuthenticated = Problem(
        .badRequest, "already_authenticated", "the connection has a token: refresh renews it")
    fileprivate static let otherSubject = Problem(
        .forbidden, "other_subject", "the token is somebody else's: a connection stays with whom it began with")
}
