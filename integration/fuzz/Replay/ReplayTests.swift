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
    func replay(_ target: FuzzTarget) async throws {
        let kept = try Self.kept(target)
        await onThread { for input in kept { input.withUnsafeBytes(target.run) } }
    }

    @Test("Changes of the kept inputs are taken without harm", arguments: FuzzTarget.allCases)
    func changes(_ target: FuzzTarget) async throws {
        let given = ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0..<1_000_000)
        print("\(target.rawValue): FUZZ_SEED=\(seed)")
        let kept = try Self.kept(target)
        await onThread {
            var mutation = Mutation(seed: seed, of: kept)
            let end = ContinuousClock.now + Self.time
            for _ in 0..<Self.mostRuns where ContinuousClock.now < end { mutation.next().withUnsafeBytes(target.run) }
        }
    }

    /// A target blocks its thread until the gateway answers. The shared threads are as many as the cores: on two of
    /// them two such targets would wait for ever for what only those threads can do.
    private func onThread(_ work: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { done in
            Thread {
                work()
                done.resume()
            }
            .start()
        }
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
