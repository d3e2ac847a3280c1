import Testing

@testable import RedisBroker

@Suite struct SubscriptionInterleavingTests {
    private static let seeds: Range<UInt64> = 0..<1_500
    private static let steps = 120

    @Test(arguments: [SubscriptionTable.Scope.everything, .channels])
    func `However attach, detach, replies and losses interleave, no announcement is missing untold`(
        scope: SubscriptionTable.Scope
    ) throws {
        for seed in Self.seeds {
            do {
                var world = try SubscriptionWorld(seed: seed, scope: scope)
                for _ in 0..<Self.steps { try world.step() }
                try world.rest()
            } catch {
                Issue.record("seed \(seed): \(error)")
                return
            }
        }
    }
}
