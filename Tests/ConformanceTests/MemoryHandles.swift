import BrokerConformance
import BrokerCore
import MemoryBroker

/// Two handles on a new memory store.
@Sendable
func openMemory(_ settings: BrokerSettings) -> ConformanceHandles {
    let store = MemoryStore(settings: settings)
    return ConformanceHandles(writer: MemoryBroker(store: store), reader: MemoryBroker(store: store))
}
