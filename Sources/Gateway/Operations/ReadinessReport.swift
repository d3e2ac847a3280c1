import BrokerCore
import Hub

/// Whether the gateway should be sent new readers and publishers, and why not.
struct ReadinessReport: Sendable {
    /// One thing that speaks against it.
    struct Reason: Sendable {
        let code: String
        let detail: String
    }

    /// The most severe first; none: the gateway is ready.
    let reasons: [Reason]

    /// The reasons as a JSON array.
    var json: String {
        var writer = ByteWriter()
        writer.append("[")
        for (index, reason) in reasons.enumerated() {
            if index > 0 { writer.append(",") }
            writer.object { writer in
                writer.member("code", reason.code)
                writer.member("detail", reason.detail)
            }
        }
        writer.append("]")
        let bytes = writer.finish()
        return withExtendedLifetime(bytes) { String(decoding: bytes.bytes, as: UTF8.self) }
    }
}

/// Looks at everything that a gateway needs to serve.
final class ReadinessCheck: Sendable {
    /// The open descriptors are not counted more often, whoever asks.
    private static let patience = Duration.seconds(1)
    /// Descriptors that are kept free; of a small number of them the quarter. See `Connections`.
    private static let reserve: UInt64 = 256

    private let counters: Counters
    private let broker: Readiness
    private let used = Locked((count: 0, at: ContinuousClock.Instant?.none))

    init(counters: Counters, broker: Readiness) {
        self.counters = counters
        self.broker = broker
    }

    func report() async -> ReadinessReport {
        var reasons: [ReadinessReport.Reason] = []
        if counters.isDraining {
            reasons.append(ReadinessReport.Reason(code: "draining", detail: "the gateway is shutting down"))
        }
        do throws(BrokerError) {
            try await broker.check()
        } catch {
            let problem = Problem(error)
            reasons.append(
                broker.hasAnswered
                    ? ReadinessReport.Reason(code: problem.code, detail: problem.detail)
                    : ReadinessReport.Reason(code: "starting", detail: "the broker has not answered yet"))
        }
        if let reason = descriptors() { reasons.append(reason) }
        return ReadinessReport(reasons: reasons)
    }

    private func descriptors() -> ReadinessReport.Reason? {
        let limit = Descriptors.limit
        let count = used.withLock { used in
            if used.at.map({ .now - $0 > Self.patience }) ?? true { used = (ProcessStatus.descriptors, .now) }
            return used.count
        }
        guard UInt64(count) + min(Self.reserve, limit / 4) >= limit else { return nil }
        return ReadinessReport.Reason(
            code: "descriptors",
            detail: "\(count) of \(limit) descriptors are in use: there is no room for more readers")
    }
}
