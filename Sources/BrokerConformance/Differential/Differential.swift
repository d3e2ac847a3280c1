/// Plays one seeded script of random operations on two brokers, step by step, and compares what comes of it.
package struct Differential: Sendable {
    /// The first step after which two brokers differed. The same seed shows it again.
    package struct Difference: Sendable, CustomStringConvertible {
        package let seed: UInt64
        /// The first step is 1.
        package let step: Int
        package let operation: String
        /// The lines that differ, of the one broker and of the other; `nil` where it said nothing more.
        package let first: String?
        package let second: String?

        package var description: String {
            """
            the brokers differ (seed \(seed), step \(step)): \(operation)
              first:  \(first ?? "nothing more")
              second: \(second ?? "nothing more")
            """
        }
    }

    package var seed: UInt64
    /// How many steps the script has.
    package var operations: Int

    package init(seed: UInt64, operations: Int = 10_000) {
        self.seed = seed
        self.operations = operations
    }

    /// The first difference; `nil` if there is none. Each broker gets a run of its own, so both may be the same one.
    /// - Throws: when a broker can't be reached, or fails in the middle of the script.
    package func run(
        _ first: ConformanceRunner, against second: ConformanceRunner
    ) async throws -> Difference? {
        try await first.withSession { first in
            try await second.withSession { second in try await compare(first, second) }
        }
    }

    private func compare(_ first: ConformanceSession, _ second: ConformanceSession) async throws -> Difference? {
        var (left, right) = (try await ScriptPlayer(on: first), try await ScriptPlayer(on: second))
        for (index, step) in Script(seed: seed).prefix(operations).enumerated() {
            let (found, other) = (try await left.play(step), try await right.play(step))
            guard found != other else { continue }
            let line = zip(found, other).prefix { $0 == $1 }.count
            return Difference(
                seed: seed, step: index + 1, operation: "\(step)",
                first: line < found.count ? found[line] : nil, second: line < other.count ? other[line] : nil)
        }
        return nil
    }
}
