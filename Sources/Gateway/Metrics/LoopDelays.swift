import Hub
import NIOCore

/// Measures the delay of every event loop and every shard, again and again.
final class LoopDelays: Sendable {
    /// Between two pieces of work for each.
    private static let interval = Duration.milliseconds(500)

    /// Of all loops of a kind.
    let histograms = (http: Histogram(bounds: LoopDelay.bounds), shard: Histogram(bounds: LoopDelay.bounds))
    private let loops: [any EventLoop]
    private let hub: Hub
    private let loopDelays: [LoopDelay]
    private let shardDelays: [LoopDelay]

    init(group: any EventLoopGroup, hub: Hub) {
        loops = Array(group.makeIterator())
        self.hub = hub
        let histograms = histograms
        loopDelays = loops.indices.map { LoopDelay(name: "http-\($0)", histogram: histograms.http) }
        shardDelays = (0..<hub.shardCount).map { LoopDelay(name: "shard-\($0)", histogram: histograms.shard) }
    }

    /// All of them, in a fixed order.
    var all: [LoopDelay] { loopDelays + shardDelays }

    /// Until the task is cancelled.
    func run() async {
        while (try? await Task.sleep(for: Self.interval)) != nil {
            for (loop, delay) in zip(loops, loopDelays) where delay.ask() { loop.execute { delay.answered() } }
            let asked = shardDelays.map { $0.ask() }
            hub.visit { [shardDelays] number in if asked[number] { shardDelays[number].answered() } }
        }
    }
}
