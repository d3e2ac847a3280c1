import BrokerCore

/// Counts how much each of many has at once: connections of an address, streams of a token. Its table has an entry only for
/// those who have something, so it is bounded by all that the gateway serves.
final class Tally<Key: Hashable & Sendable>: Sendable {
    private let counts = Locked<[Key: Int]>([:])

    /// Takes one more, for as long as what is returned lives. `nil`: `key` has `most` already.
    /// - Parameter most: 0 is no limit.
    func take(_ key: Key, most: Int) -> Hold? {
        let isTaken = counts.withLock { counts in
            let count = counts[key, default: 0]
            guard most == 0 || count < most else { return false }
            counts[key] = count + 1
            return true
        }
        return isTaken ? Hold { [self] in give(key) } : nil
    }

    /// What `key` has now.
    func count(_ key: Key) -> Int { counts.withLock { $0[key, default: 0] } }

    /// Those who have something.
    var keys: Int { counts.withLock { $0.count } }

    private func give(_ key: Key) {
        counts.withLock { counts in
            let count = counts[key, default: 0]
            counts[key] = count > 1 ? count - 1 : nil
        }
    }
}

/// Something that is counted for as long as anyone keeps this.
package final class Hold: Sendable {
    private let release: @Sendable () -> Void

    init(release: @escaping @Sendable () -> Void) {
        self.release = release
    }

    deinit { release() }
}
