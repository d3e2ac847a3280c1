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
    private let counters: Counters
    private let broker: Readiness
    private let open: OpenDescriptors

    init(counters: Counters, broker: Readiness, descriptors: OpenDescriptors) {
        self.counters = counters
        self.broker = broker
        open = descriptors
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
        if let reason = await descriptors() { reasons.append(reason) }
        return ReadinessReport(reasons: reasons)
    }

    private func descriptors() async -> ReadinessReport.Reason? {
        let limit = Descriptors.limit
        let count = await open.count()
        guard UInt64(count) + Descriptors.reserve(of: limit) >= limit else { return nil }
        return ReadinessReport.Reason(
            code: "descriptors",
            detail: "\(count) of \(limit) descriptors are in use: there is no room for more readers")
    }
}
