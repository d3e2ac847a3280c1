import Foundation
import FuzzTargets
import Testing

/// The kept inputs, and a while of changes to them. More is found by `make fuzz`.
@Suite struct ReplayTests {
    private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../corpus")
    /// For each target.
    private static let time = Duration.seconds(5)
    /// Inputs for each target, at most: the same machine runs the same ones for a seed.
    private static let mostRuns = 200_000

    @Test("What is kept of inputs is taken without harm", arguments: FuzzTarget.allCases)
    func replay(_ target: FuzzTarget) throws {
        for input in try Self.kept(target) { input.withUnsafeBytes(target.run) }
    }

    @Test("Changes of the kept inputs are taken without harm", arguments: FuzzTarget.allCases)
    func changes(_ target: FuzzTarget) throws {
        let given = ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0..<1_000_000)
        print("\(target.rawValue): FUZZ_SEED=\(seed)")
        var mutation = Mutation(seed: seed, of: try Self.kept(target))
        let end = ContinuousClock.now + Self.time
        for _ in 0..<Self.mostRuns where ContinuousClock.now < end { mutation.next().withUnsafeBytes(target.run) }
    }

    /// In the order of their names.
    private static func kept(_ target: FuzzTarget) throws -> [[UInt8]] {
        let folder = corpus.appending(path: target.rawValue)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let inputs = try files.sorted { $0.path < $1.path }.map { Array(try Data(contentsOf: $0)) }
        try #require(!inputs.isEmpty, "no inputs are kept")
        return inputs
    }
}
