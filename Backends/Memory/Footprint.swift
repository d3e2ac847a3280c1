import BrokerCore

/// What things count towards the store's capacity, in bytes: their text, and a fixed sum for what stands around it.
enum Footprint {
    private static let messageOverhead = 192
    private static let channelOverhead = 768
    private static let keyOverhead = 256
    private static let taskOverhead = 320

    static func message(dataBytes: Int) -> Int { messageOverhead + dataBytes }

    static func channel(_ name: ChannelName) -> Int { channelOverhead + name.rawValue.utf8.count }

    static func task(_ channel: ChannelName) -> Int { taskOverhead + channel.rawValue.utf8.count }

    static func key(_ key: IdempotencyKey) -> Int { keyOverhead + key.rawValue.utf8.count }

    /// The most that a publication may add: a message both logged and retained counts twice, since trimming the log
    /// leaves the retained one.
    static func publication(_ publication: Publication) -> Int {
        let message = message(dataBytes: publication.data.utf8.count)
        let copies = if case .loggedAndRetained = publication.keeping { 2 } else { 1 }
        return message * copies + (publication.idempotencyKey.map(key) ?? 0)
    }
}
