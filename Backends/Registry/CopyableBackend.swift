package import BrokerCore
import PostgresBroker
import RedisBroker

/// A broker that other processes reach too, so that its channels can be copied.
package protocol CopyableBackend: BrokerBackend {
    /// Opens the channels for copying. The settings of a broker that is in use stay as they are.
    /// - Parameter isTarget: channels are to be written there.
    /// - Throws: when the broker can't be reached or used; the error's description says which it is and what to do.
    func openStore(forWriting isTarget: Bool) async throws -> any ChannelStore
}

extension RedisBackend: CopyableBackend {
    func openStore(forWriting isTarget: Bool) async throws -> any ChannelStore {
        try await RedisChannelStore.open(url, forWriting: isTarget)
    }
}

extension PostgresBackend: CopyableBackend {
    func openStore(forWriting isTarget: Bool) async throws -> any ChannelStore {
        try await PostgresChannelStore.open(options, settings: settings, forWriting: isTarget, logger: logger)
    }
}
