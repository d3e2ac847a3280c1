import BrokerCore
import GatewayConfig

/// What decides, as one value: it is replaced as a whole when something changes.
struct AccessRules: Sendable {
    let config: GatewayConfig
    let apiKeys: APIKeys
    let jwks: JWKSSource?
    let callback: CallbackClient?
    /// Those of the configuration and of its file.
    let ownKeys: [VerificationKey]
    /// The files that were read, as they were before that.
    var stamps: [FileStamp?]
    /// Knows ``ownKeys`` and the identity provider's.
    private(set) var verifier: TokenVerifier
    private var generation: Int

    init(
        config: GatewayConfig, apiKeys: APIKeys, ownKeys: [VerificationKey], jwks: JWKSSource?,
        callback: CallbackClient?, stamps: [FileStamp?]
    ) {
        (self.config, self.apiKeys, self.jwks, self.callback) = (config, apiKeys, jwks, callback)
        (self.ownKeys, self.stamps) = (ownKeys, stamps)
        let (list, generation) = jwks?.keys ?? ([], 0)
        verifier = TokenVerifier(keys: ownKeys + list, config.auth)
        self.generation = generation
        isOpen = ([config.defaultNamespace] + config.namespaces.values).allSatisfy { policy in
            config.effective(policy.subscribe) == .anyone && config.effective(policy.publish) == .anyone
        }
    }

    /// Nothing is protected.
    let isOpen: Bool

    /// Cancelling is writing, as far as policies go; a token has a claim of its own for it.
    func policy(_ action: AccessAction, _ channel: ChannelName) -> AccessPolicy {
        switch action {
        case .subscribe: config.subscribePolicy(for: channel)
        case .publish, .cancel: config.publishPolicy(for: channel)
        }
    }

    /// Takes over what the identity provider gave since. Tokens that were verified with a key that is gone are
    /// verified again.
    mutating func takeNewKeys() {
        guard let (list, generation) = jwks?.keys, generation != self.generation else { return }
        verifier = TokenVerifier(keys: ownKeys + list, config.auth)
        self.generation = generation
    }
}
