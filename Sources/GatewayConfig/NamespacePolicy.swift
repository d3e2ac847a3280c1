package import BrokerCore

/// What holds for the channels of one namespace.
package struct NamespacePolicy: Hashable, Sendable {
    package var history = RetentionPolicy()
    /// Where a reader starts that says nothing; never a position.
    package var replay = Start.earliest
    /// Who may read, and who may write; `nil`: see ``GatewayConfig/subscribePolicy(for:)``.
    package var subscribe: AccessPolicy?
    package var publish: AccessPolicy?

    package init() {}
}

extension GatewayConfig {
    /// The name in the file of ``defaultNamespace``.
    package static let defaultNamespaceName = "default"

    /// The policy of a namespace; the default one's if it has none of its own. Setting gives it one.
    package subscript(namespace name: String) -> NamespacePolicy {
        get { namespaces[name] ?? defaultNamespace }
        set {
            if name == Self.defaultNamespaceName { defaultNamespace = newValue } else { namespaces[name] = newValue }
        }
    }

    /// The policy that holds for a channel.
    package func policy(for channel: ChannelName) -> NamespacePolicy {
        guard !namespaces.isEmpty, let name = channel.namespace else { return defaultNamespace }
        return self[namespace: String(name)]
    }
}
