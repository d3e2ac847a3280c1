import BrokerCore
import MemoryBroker

struct MemoryBackend: BrokerSandbox {
    static let scheme = "memory"

    let store: MemoryStore
    let makeStore: @Sendable () -> MemoryStore

    init(makeStore: @escaping @Sendable () -> MemoryStore) {
        self.makeStore = makeStore
        store = makeStore()
    }

    var scheme: String { Self.scheme }

    func open() async throws -> any Broker { MemoryBroker(store: store) }

    /// A store of its own, which goes with its last handle.
    func sandbox() -> any BrokerSandbox { MemoryBackend(makeStore: makeStore) }

    func remove() async throws {}
}
