import BrokerCore

/// What someone was let in by, as far as it can be taken away while they stay. A token can't: it has its time.
package struct Admission: Sendable {
    private enum Ground: Sendable {
        /// Nothing was protected, and nobody was asked.
        case openness
        case key(TokenDigest)
        case lasting
    }

    private let ground: Ground

    /// - Parameter identity: `nil`: nothing is protected.
    package init(_ identity: Identity?) {
        guard let identity else {
            ground = .openness
            return
        }
        ground = identity.keyDigest.map { Ground.key($0) } ?? .lasting
    }

    /// What speaks against it under these rules.
    func refusal(under rules: AccessRules) -> AccessRefusal? {
        switch ground {
        case .openness: rules.isOpen ? nil : .missing
        case .key(let digest): rules.apiKeys.number(of: digest) == nil ? .unknownSignature : nil
        case .lasting: nil
        }
    }
}

extension AccessControl {
    /// What has come to speak against someone who was let in before: their key was taken away, or what was open to anyone
    /// is protected by now. `nil`: nothing.
    package func refusal(of admission: Admission) -> AccessRefusal? {
        rules.withLock { admission.refusal(under: $0) }
    }
}
