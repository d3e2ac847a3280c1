import BrokerCore
import Testing

@testable import PostgresBroker

@Suite struct InterleavingTests {
    private static let seeds: Range<UInt64> = 0..<2_000
    private static let steps = 150

    /// Six channels of three buckets.
    private static func names() throws -> [ChannelName] {
        var found: [Bucket: [ChannelName]] = [:]
        for number in 0..<2_000 {
            let name = try ChannelName("c\(number)")
            found[Bucket(of: name), default: []].append(name)
        }
        return (0..<3).flatMap { found[Bucket($0)]?.prefix(2) ?? [] }
    }

    @Test func `However attach, detach, answers, pointers and losses interleave, no hole is untold`() throws {
        let names = try Self.names()
        for seed in Self.seeds {
            do {
                var world = try AnnouncementWorld(seed: seed, names: names)
                for _ in 0..<Self.steps { try world.step() }
                try world.rest()
            } catch {
                Issue.record("seed \(seed): \(error)")
                return
            }
        }
    }
}
