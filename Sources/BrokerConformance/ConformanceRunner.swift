package import BrokerCore

/// Runs cases against a broker, and says of each how it ended.
package struct ConformanceRunner: Sendable {
    /// Opens two handles on one broker, with these settings. It is called once a run.
    package typealias Open = @Sendable (BrokerSettings) async throws -> ConformanceHandles

    /// Cases that run at the same time: most wait more than they work, and none sees another's channels.
    private static let parallelism = 4
    /// How long one case may take altogether.
    private static let caseLimit = Duration.seconds(120)

    private let open: Open
    /// How long a case waits for one thing that must happen.
    package var patience = Duration.seconds(20)
    /// How long the broker may take to answer at all, before every case is skipped.
    package var reachWithin = Duration.seconds(5)

    package init(open: @escaping Open) {
        self.open = open
    }

    /// Runs the cases. A broker that can't be reached makes all of them skipped, and is the report's obstacle.
    /// - Parameter onResult: called with each result as it comes, not always in the suite's order.
    package func run(
        _ cases: [ConformanceCase] = ConformanceSuite.cases, onResult: (CaseResult) -> Void = { _ in }
    ) async -> ConformanceReport {
        var results: [Int: CaseResult] = [:]
        var obstacle: (any Error)?
        do {
            try await withSession { session in
                for await (index, result) in Self.results(of: cases, in: session) {
                    results[index] = result
                    onResult(result)
                }
            }
        } catch {
            obstacle = error
        }
        let reason = obstacle.map { "\($0)" } ?? "the run was cancelled"
        return ConformanceReport(
            results: cases.indices.map { results[$0] ?? skip(cases[$0], reason, onResult) }, obstacle: obstacle)
    }

    /// Opens the broker for one run. Throws when it can't be reached.
    func withSession<Value: Sendable>(_ body: (ConformanceSession) async throws -> Value) async throws -> Value {
        let run = ConformanceRun()
        let handles = try await open(run.settings)
        return try await ConformanceSession.with(
            handles, run: run, patience: patience, reachWithin: reachWithin, body)
    }

    private func skip(_ skipped: ConformanceCase, _ reason: String, _ onResult: (CaseResult) -> Void) -> CaseResult {
        let outcome = CaseResult.Outcome.skipped(reason: reason)
        let result = CaseResult(name: skipped.name, promise: skipped.promise, outcome: outcome, duration: .zero)
        onResult(result)
        return result
    }

    private static func results(
        of cases: [ConformanceCase], in session: ConformanceSession
    ) -> AsyncStream<(Int, CaseResult)> {
        AsyncStream { results in
            let work = Task {
                await withTaskGroup(of: Void.self) { group in
                    for (index, next) in cases.enumerated() {
                        if index >= parallelism { await group.next() }
                        group.addTask { results.yield((index, await result(of: next, at: index, in: session))) }
                    }
                }
                results.finish()
            }
            results.onTermination = { _ in work.cancel() }
        }
    }

    private static func result(
        of running: ConformanceCase, at index: Int, in session: ConformanceSession
    ) async -> CaseResult {
        let context = ConformanceContext(
            writer: session.writer, reader: session.reader, run: session.run, scope: "\(index)/")
        let began = ContinuousClock.now
        let outcome = await outcome(of: running, in: context)
        return CaseResult(
            name: running.name, promise: running.promise, outcome: outcome, duration: ContinuousClock.now - began)
    }

    private static func outcome(
        of running: ConformanceCase, in context: ConformanceContext
    ) async -> CaseResult.Outcome {
        var reasons: [String] = []
        do {
            try await Deadline.within(caseLimit, waitingFor: "the case to end") { try await running.run(context) }
        } catch {
            reasons.append("\(error)")
        }
        do {
            try await Deadline.within(caseLimit, waitingFor: "its channels' deletion") { try await context.cleanUp() }
        } catch {
            reasons.append("its channels could not be deleted: \(error)")
        }
        return reasons.isEmpty ? .passed : .failed(reason: reasons.joined(separator: "; "))
    }
}
