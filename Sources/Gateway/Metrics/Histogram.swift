import BrokerCore

/// How long something took, each time, by the upper bounds of a few ranges.
final class Histogram: Sendable {
    /// What a histogram holds, at one moment.
    struct Reading: Sendable {
        /// Observations up to each bound, and the lower ones with them.
        var counts: [UInt64]
        var count: UInt64 = 0
        /// Of all observations.
        var sum = Duration.zero
    }

    /// A round trip to a store near by, up to the time after which it counts as gone.
    static let latencies: [Duration] = [
        .microseconds(250), .microseconds(500), .milliseconds(1), .microseconds(2500), .milliseconds(5),
        .milliseconds(10), .milliseconds(25), .milliseconds(50), .milliseconds(100), .milliseconds(250),
        .milliseconds(500), .seconds(1), .milliseconds(2500), .seconds(5),
    ]

    /// In ascending order.
    let bounds: [Duration]
    private let state: Locked<Reading>

    init(bounds: [Duration] = Histogram.latencies) {
        self.bounds = bounds
        state = Locked(Reading(counts: Array(repeating: 0, count: bounds.count)))
    }

    func observe(_ duration: Duration) {
        let first = bounds.firstIndex { duration <= $0 } ?? bounds.count
        state.withLock { reading in
            for index in first..<bounds.count { reading.counts[index] += 1 }
            reading.count += 1
            reading.sum += duration
        }
    }

    var reading: Reading { state.withLock { $0 } }
}

extension Duration {
    /// In seconds, with what is behind the point.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
