package import BrokerCore
import MemoryBroker

/// From a broker's URL to the broker. The only place that names the backends.
package struct BrokerRegistry: Sendable {
    /// The schemes that a broker URL may have.
    package static let schemes = [MemoryBackend.scheme]

    package var settings: BrokerSettings
    /// What a `memory:` broker holds at most, in bytes.
    package var memoryCapacity: Int

    package init(
        settings: BrokerSettings = BrokerSettings(), memoryCapacity: Int = MemoryStore.defaultCapacity
    ) {
        self.settings = settings
        self.memoryCapacity = memoryCapacity
    }

    /// The broker that `url` names. Each call with `memory:` gives a new, empty one; handles opened on one share it.
    /// - Throws: ``BrokerURLError`` when the URL names none.
    package func backend(for url: String) throws(BrokerURLError) -> any BrokerBackend {
        guard let colon = url.firstIndex(of: ":") else {
            throw BrokerURLError(found: "the broker URL has no scheme")
        }
        let scheme = url[..<colon].lowercased()
        switch scheme {
        case MemoryBackend.scheme:
            guard url[colon...] == ":" else {
                throw BrokerURLError(found: "nothing may follow \"memory:\"")
            }
            return MemoryBackend(store: MemoryStore(settings: settings, capacity: memoryCapacity))
        default:
            throw BrokerURLError(found: "\"\(scheme.prefix(32)):\" is no known kind of broker")
        }
    }
}
