package import BrokerCore
package import GatewayConfig
package import Logging

/// Who may do what with which channel: tokens, API keys, the application's word, and the policies of namespaces.
///
/// What may have to be waited for has two forms. The one whose name ends in `Now` answers at once, or with `nil` when
/// someone has to be asked first; the other waits for that.
package final class AccessControl: Sendable {
    let logger: Logger
    let clock: AccessClock
    let rules: Locked<AccessRules>

    /// Reads the files that the configuration names, and asks for an identity provider's keys; that these can't be had
    /// stops nothing, and is logged.
    package convenience init(config: GatewayConfig, logger: Logger) async throws(AccessSetupError) {
        try await self.init(config: config, logger: logger, clock: .system)
    }

    init(config: GatewayConfig, logger: Logger, clock: AccessClock) async throws(AccessSetupError) {
        (self.logger, self.clock) = (logger, clock)
        rules = Locked(try await AccessRules.load(config, old: nil, clock: clock, logger: logger))
        await refreshKeys()
    }

    /// Nothing is protected: nothing has to be asked here.
    package var isOpen: Bool { rules.withLock { $0.isOpen } }

    /// Who shows these. Without a token it is anyone; a token that does not hold is refused.
    package func identifyNow(_ credentials: Credentials) -> Result<Identity, AccessRefusal>? {
        guard let token = credentials.token else { return .success(Identity(anonymous: credentials)) }
        // Before anything is computed of it.
        guard token.utf8.count <= CompactToken.maximumBytes else { return .failure(.tooLong) }
        let rules = rules.withLock { $0 }
        let digest = TokenDigest(token)
        if let number = rules.apiKeys.number(of: digest) {
            return .success(Identity(key: number, digest, credentials))
        }
        switch rules.verifier.verify(token, now: clock.wall()) {
        case .success(let verified): return .success(Identity(verified, credentials))
        case .failure(.refused(let refusal)): return .failure(refusal)
        case .failure(.unknownKey):
            guard let jwks = rules.jwks else { return .failure(.unknownSignature) }
            if jwks.mayRefresh(now: clock.steady()) { return nil }
            return .failure(jwks.hasFailed ? .withoutKeys : .unknownSignature)
        }
    }

    /// The same, waiting for newer keys of an identity provider if the token is signed with one that is not known.
    package func identify(_ credentials: Credentials) async throws(AccessRefusal) -> Identity {
        if let answer = identifyNow(credentials) { return try answer.get() }
        await refreshKeys()
        guard let answer = identifyNow(credentials) else { throw .unknownSignature }
        return try answer.get()
    }

    /// Whether someone may do this.
    package func decideNow(
        _ action: AccessAction, _ channel: ChannelName, _ identity: Identity
    ) -> Result<Void, AccessRefusal>? {
        let (policy, callback, keys) = rules.withLock { ($0.policy(action, channel), $0.callback, $0.apiKeys) }
        // A connection may be older than the list of keys.
        if let key = identity.keyDigest, keys.number(of: key) == nil { return .failure(.unknownSignature) }
        switch policy {
        case .anyone: return .success(())
        case .nobody: return .failure(.closed(action))
        case .token: return identity.allows(action, channel) ? .success(()) : .failure(.lacking(action, identity))
        case .callback:
            if identity.allows(action, channel) { return .success(()) }
            guard let callback else { return .failure(.withoutApplication) }
            return callback.known(CallbackQuestion(action, channel, identity))?.result(action, identity)
        }
    }

    /// The same, waiting for the application's answer if it has to be asked.
    package func decide(
        _ action: AccessAction, _ channel: ChannelName, _ identity: Identity
    ) async throws(AccessRefusal) {
        if let answer = decideNow(action, channel, identity) { return try answer.get() }
        guard let callback = rules.withLock({ $0.callback }) else { throw .withoutApplication }
        try await callback.ask(CallbackQuestion(action, channel, identity)).result(action, identity).get()
    }

    /// Whether the channel may stand in a list that someone asks for. The application is not asked for that: where its
    /// word counts, the channel stands there for those whose token allows it, or who may read it already.
    package func mayList(_ channel: ChannelName, _ identity: Identity) -> Bool {
        if case .success = decideNow(.subscribe, channel, identity) { true } else { false }
    }
}
