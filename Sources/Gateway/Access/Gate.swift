import Access
import BrokerCore
import GatewayConfig
import Tasks

/// Asks who may do what, for every way into the gateway. A link ends with its channel, and what is asked of a control channel is
/// asked of its task.
struct Gate: Sendable {
    let control: AccessControl
    let broker: any Broker
    let namespace: TaskNamespace
    let live: LiveConfig

    /// Nothing is protected: nobody has to be asked.
    var isOpen: Bool { control.isOpen }

    /// The cookie that a token may come in.
    var cookieName: String? { live.read(\.auth.cookie) }

    /// There is no namespace that anyone may read.
    var hidesEverything: Bool {
        let config = live.current
        return ([config.defaultNamespace] + config.namespaces.values).allSatisfy {
            config.effective($0.subscribe) != .anyone
        }
    }

    /// Nobody gets anything here without a token.
    var needsTokens: Bool {
        let config = live.current
        return ([config.defaultNamespace] + config.namespaces.values).allSatisfy { policy in
            [policy.subscribe, policy.publish].allSatisfy { ![.anyone, .callback].contains(config.effective($0)) }
        }
    }

    /// Who shows these.
    /// - Throws: ``Problem`` for a token that does not hold.
    func identify(_ credentials: Credentials) async throws(Problem) -> Identity {
        if let known = control.identifyNow(credentials) {
            do throws(AccessRefusal) { return try known.get() } catch { throw Problem(error) }
        }
        do throws(AccessRefusal) { return try await control.identify(credentials) } catch { throw Problem(error) }
    }

    /// The same, if it is known at once and the token holds.
    func identifyNow(_ credentials: Credentials) -> Identity? {
        guard case .success(let identity)? = control.identifyNow(credentials) else { return nil }
        return identity
    }

    /// - Throws: ``Problem`` when it may not be done, or nobody can say.
    func check(_ action: AccessAction, _ channel: ChannelName, _ identity: Identity) async throws(Problem) {
        let subject = subject(of: channel)
        do throws(AccessRefusal) {
            try await decide(action, subject, identity)
        } catch {
            // A worker hears on it what is asked of it.
            guard subject != channel, action == .subscribe, case .forbidden = error else { throw Problem(error) }
            do throws(AccessRefusal) { try await decide(.publish, subject, identity) } catch { throw Problem(error) }
        }
        if identity.untilClosed { try await checkOpen(subject) }
    }

    /// Whether it may be done; `nil`: somebody has to be asked, and ``check(_:_:_:)`` does so.
    func mayNow(_ action: AccessAction, _ channel: ChannelName, _ identity: Identity) -> Bool? {
        guard !identity.untilClosed, subject(of: channel) == channel,
            let answer = control.decideNow(action, channel, identity)
        else { return nil }
        return (try? answer.get()) != nil
    }

    /// Whether the channel may stand in a list.
    func mayList(_ channel: ChannelName, _ identity: Identity) -> Bool {
        !identity.untilClosed && control.mayList(subject(of: channel), identity)
    }

    private func decide(
        _ action: AccessAction, _ channel: ChannelName, _ identity: Identity
    ) async throws(AccessRefusal) {
        if let answer = control.decideNow(action, channel, identity) { return try answer.get() }
        try await control.decide(action, channel, identity)
    }

    private func checkOpen(_ channel: ChannelName) async throws(Problem) {
        let status: ChannelStatus?
        do throws(BrokerError) { status = try await broker.inspect(channel) } catch { throw Problem(error) }
        if status?.closed ?? false { throw .linkRevoked }
    }

    /// The channel that is asked about: of a control channel, its task's.
    func subject(of channel: ChannelName) -> ChannelName {
        guard channel.rawValue.hasSuffix(TaskID.controlSuffix), let own = channel.namespace, own == namespace.name
        else { return channel }
        let task = channel.rawValue.dropLast(TaskID.controlSuffix.count)
        return namespace.task(behind: task)?.channel ?? channel
    }
}

extension TaskNamespace {
    /// - Parameter name: a channel's.
    fileprivate func task(behind name: Substring) -> TaskID? {
        guard let channel = try? ChannelName(String(name)) else { return nil }
        return id(of: channel)
    }
}
