import Access
import BrokerCore
import Glibc
import HTTPTypes

/// Who has sent a request, and what that one may do.
struct Caller: Sendable {
    /// Questions of one request, or of one connection, that are asked at once.
    static let questionsAtOnce = 16

    let gate: Gate
    /// `nil`: nothing is protected, and nobody was asked.
    let identity: Identity?
    /// The client's, without a port.
    let address: String

    /// Whom limits count it to.
    var publisher: String { identity?.publisher ?? TrafficLimits.address + address }

    /// - Throws: ``Problem`` when it may not be done, or nobody can say.
    func require(_ action: AccessAction, _ channel: ChannelName) async throws(Problem) {
        try requireAdmission()
        guard let identity else { return }
        try await gate.check(action, channel, identity)
    }

    /// The same of several channels; somebody is asked about ``questionsAtOnce`` of them at once.
    func requireAll(_ action: AccessAction, _ channels: [ChannelName]) async throws(Problem) {
        try requireAdmission()
        guard let identity else { return }
        var asked = channels.filter { gate.mayNow(action, $0, identity) != true }[...]
        let refusal = await withTaskGroup(of: Problem?.self) { group in
            func ask() {
                guard let channel = asked.popFirst() else { return }
                group.addTask {
                    do throws(Problem) { try await gate.check(action, channel, identity) } catch { return error }
                    return nil
                }
            }
            for _ in 0..<Self.questionsAtOnce { ask() }
            for await problem in group {
                if let problem { return Optional(problem) }
                ask()
            }
            return nil
        }
        if let refusal { throw refusal }
    }

    func mayList(_ channel: ChannelName) -> Bool {
        identity.map { gate.mayList(channel, $0) } ?? true
    }

    /// - Throws: ``Problem`` for someone whose every list would be empty, for want of a token.
    func requireLists() throws(Problem) {
        if let identity, identity.isAnonymous, gate.hidesEverything { throw .tokenMissing }
    }

    /// - Throws: ``Problem`` for someone who can get nothing here, for want of a token.
    func requireToken() throws(Problem) {
        if let identity, identity.isAnonymous, gate.needsTokens { throw .tokenMissing }
    }

    /// - Throws: ``Problem`` when what the caller was let in by holds no longer: the token's time has come while it was used,
    ///   or the key was taken away, or what was open is protected by now.
    func requireAdmission() throws(Problem) {
        if timeLeft <= .zero { throw .tokenExpired }
        if let refusal = gate.control.refusal(of: Admission(identity)) { throw Problem(refusal) }
    }

    /// For how long the token still holds.
    var timeLeft: Duration {
        guard let expires = identity?.expires else { return .seconds(Int64(UInt32.max)) }
        return .milliseconds(expires - WallClock.milliseconds)
    }
}

/// The time by which tokens count.
enum WallClock {
    /// Since 1970.
    static var milliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

extension Caller {
    /// - Throws: ``Problem`` for everybody without an API key.
    func requireKey() throws(Problem) {
        guard let identity, !identity.isAnonymous else { throw .tokenMissing }
        guard identity.isKey else {
            throw Problem(.forbidden, "forbidden", "this takes an API key, and not a token")
        }
    }
}
