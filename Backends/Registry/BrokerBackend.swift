package import BrokerCore
import MemoryBroker

/// A broker that a URL names: handles on it see the same channels.
package protocol BrokerBackend: Sendable {
    /// The URL's scheme, for logs and messages.
    var scheme: String { get }

    /// Opens one more handle.
    /// - Throws: when the broker can't be reached.
    func open() async throws -> any Broker
}

struct MemoryBackend: BrokerBackend {
    static let scheme = "memory"

    let store: MemoryStore

    var scheme: String { Self.scheme }

    func open() async throws -> any Broker { MemoryBroker(store: store) }
}
