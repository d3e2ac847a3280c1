import Access
import BrokerCore
import Glibc
import HTTPTypes

/// Who has sent a request, and what that one may do.
struct Caller: Sendable {
    let gate: Gate
    /// `nil`: nothing is protected, and nobody was asked.
    let identity: Identity?
    /// The client's, without a port.
    let address: String

    /// Whom limits count it to.
    var publisher: String { identity?.publisher ?? TrafficLimits.address + address }

    /// - Throws: ``Problem`` when it may not be done, or nobody can say.
    func require(_ action: AccessAction, _ channel: ChannelName) async throws(Problem) {
        guard let identity else { return }
        try checkTime()
        try await gate.check(action, channel, identity)
    }

    /// The same of several channels; those about which somebody has to be asked are asked about at once.
    func requireAll(_ action: AccessAction, _ channels: [ChannelName]) async throws(Problem) {
        guard let identity else { return }
        try checkTime()
        let asked = channels.filter { gate.mayNow(action, $0, identity) != true }
        guard asked.count > 1 else {
            for channel in asked { try await gate.check(action, channel, identity) }
            return
        }
        let refusal = await withTaskGroup(of: Problem?.self) { group in
            for channel in asked {
                group.addTask {
                    do throws(Problem) { try await gate.check(action, channel, identity) } catch { return error }
                    return nil
                }
            }
            return await group.first { $0 != nil } ?? nil
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

    /// - Throws: ``Problem`` (`token_expired`) when the token's time has come while it was used.
    func checkTime() throws(Problem) {
        if timeLeft <= .zero { throw .tokenExpired }
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
