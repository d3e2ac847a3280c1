package import BrokerCore

extension GatewayConfig {
    /// Who may read a channel.
    package func subscribePolicy(for channel: ChannelName) -> AccessPolicy {
        effective(policy(for: channel).subscribe)
    }

    /// Who may write to a channel.
    package func publishPolicy(for channel: ChannelName) -> AccessPolicy {
        effective(policy(for: channel).publish)
    }

    /// A namespace that says nothing is open only where nothing is there that could keep anyone out.
    package func effective(_ policy: AccessPolicy?) -> AccessPolicy {
        policy ?? (auth.knowsTokens ? .token : auth.callback.url != nil ? .callback : .anyone)
    }

    /// Who may read `/metrics`: unless it is said, who has a key where keys are known. On loopback too: a proxy may stand
    /// before it.
    package var metricsPolicy: MetricsPolicy {
        auth.metrics ?? (auth.knowsTokens ? .key : .anyone)
    }

    /// Other hosts can't reach the gateway.
    package var isLoopback: Bool {
        let host = listen.host.lowercased()
        return host == "localhost" || host == "::1" || host.hasPrefix("127.") && IPv4Text.isAddress(host[...].utf8)
    }

    /// The namespaces in which anyone may publish.
    var openNamespaces: [String] {
        namespaceNames.filter { effective(self[namespace: $0].publish) == .anyone }
    }
}
