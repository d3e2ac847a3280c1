import GatewayConfig
import NIOCore

/// `timeouts`, in what event loops count time by.
struct ConnectionTimes: Sendable {
    let handshake: TimeAmount
    let header: TimeAmount
    let idle: TimeAmount
    let write: TimeAmount
    /// How long a timer that looks at deadlines sleeps at most.
    let look: TimeAmount
    private let body: TimeAmount
    private let lines: TimeAmount

    init(_ timeouts: GatewayConfig.Timeouts) {
        handshake = TimeAmount(timeouts.handshake)
        header = TimeAmount(timeouts.header)
        idle = TimeAmount(timeouts.idle)
        write = TimeAmount(timeouts.write)
        body = TimeAmount(timeouts.body)
        lines = TimeAmount(timeouts.lines)
        look = min(header, idle, write, .seconds(5))
    }

    /// How long a body of this kind may be silent.
    func silence(in kind: RequestBodyKind?) -> TimeAmount { kind == .lines ? lines : body }
}
