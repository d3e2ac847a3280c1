/// Why a conversation with the gateway failed, other than by a refusal (``Problem``).
package enum ClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No connection could be made: nothing was sent.
    case unreachable(GatewayAddress, reason: String)
    /// The connection broke, or went silent, in the middle: what was sent may have been taken.
    case interrupted(reason: String)
    /// What answers there does not speak as a gateway does.
    case notAGateway(GatewayAddress, found: String)

    package var description: String {
        switch self {
        case .unreachable(let address, let reason):
            "no gateway at \(address) (\(reason)): start one with `telltale serve`, or name another with --gateway"
        case .interrupted(let reason):
            "the connection to the gateway broke (\(reason)): try again"
        case .notAGateway(let address, let found):
            "what answers at \(address) is no Telltale gateway (\(found)): name another with --gateway"
        }
    }
}
