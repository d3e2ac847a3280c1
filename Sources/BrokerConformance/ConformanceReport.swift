/// How one case ended.
package struct CaseResult: Sendable {
    package enum Outcome: Hashable, Sendable {
        case passed
        case failed(reason: String)
        /// It was not tried. It is never counted as passed.
        case skipped(reason: String)
    }

    package let name: String
    package let promise: String
    package let outcome: Outcome
    package let duration: Duration

    package var isSkipped: Bool { if case .skipped = outcome { true } else { false } }

    /// The result as a line of text: `✓ name — promise (12 ms)`.
    package var line: String {
        switch outcome {
        case .passed: "✓ \(name) — \(promise) (\(duration.milliseconds) ms)"
        case .failed(let reason): "✗ \(name) — \(promise) (\(duration.milliseconds) ms)\n    \(reason)"
        case .skipped(let reason): "- \(name) — skipped: \(reason)"
        }
    }
}

/// How a run of the suite ended.
package struct ConformanceReport: Sendable {
    /// In the order of the suite.
    package let results: [CaseResult]
    /// Why the broker could not be used, or not be left as it was found; `nil`: it could.
    package let obstacle: (any Error)?

    package var passed: [CaseResult] { results.filter { $0.outcome == .passed } }

    package var failed: [CaseResult] {
        results.filter { if case .failed = $0.outcome { true } else { false } }
    }

    package var skipped: [CaseResult] { results.filter(\.isSkipped) }

    /// Every case ran and passed, and nothing is left in the broker.
    package var succeeded: Bool { !results.isEmpty && passed.count == results.count && obstacle == nil }

    /// `12 passed, 0 failed, 0 skipped`
    package var summary: String { "\(passed.count) passed, \(failed.count) failed, \(skipped.count) skipped" }

    /// The whole report, as it is printed when nothing was printed before.
    package var text: String { (results.map(\.line) + [summary]).joined(separator: "\n") }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
