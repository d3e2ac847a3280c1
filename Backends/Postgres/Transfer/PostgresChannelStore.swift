package import BrokerCore

/// The channels in one schema of a Postgres database, as `telltale copy` reads and writes them.
package final class PostgresChannelStore: ChannelStore {
    /// Channels that are listed together.
    private static let listed = 1_000
    /// Publications that one call gives offsets to, at most.
    private static let batch: Int32 = 1_000
    /// How long a channel may be held that has publications which wait for a relay.
    private static let settling = Duration.seconds(5)

    private let functions: Functions
    private let connections: TransferConnections

    init(schema: String, connections: TransferConnections) {
        functions = Functions(schema: schema)
        self.connections = connections
    }

    package func close() async { connections.close() }

    package func channels(after name: ChannelName?) async throws(BrokerError) -> [ChannelSummary] {
        try await connections.ask(functions.list(ChannelQuery(after: name, limit: Self.listed))) {
            Functions.summaries($0)
        }
    }

    /// Relays what waits for it: after the gateways have stopped nobody else does.
    package func settle() async throws(BrokerError) {
        let start = ContinuousClock.now
        while true {
            var after = ""
            repeat { after = try await relay(after, Self.batch).next } while !after.isEmpty
            // The first that waits still: if it can't be taken now either, another transaction holds its channel.
            let first = try await relay("", 1)
            if first.next.isEmpty { return }
            guard first.taken > 0 || ContinuousClock.now - start < Self.settling else {
                throw .unavailable(
                    reason: "channel \(first.next) has publications without an offset, and another transaction holds it"
                )
            }
        }
    }

    private func relay(_ after: String, _ batch: Int32) async throws(BrokerError) -> (taken: Int64, next: String) {
        try await connections.ask(functions.call("relay", [.text(after), .integer4(batch)])) { rows in
            guard let taken = rows.int(0, 0), let refused = rows.int(0, 1), let next = rows.text(0, 2) else {
                return nil
            }
            return (taken + refused, next)
        }
    }

    package func export(
        _ channel: ChannelName, from place: TransferPlace, bytes: Int
    ) async throws(BrokerError) -> TransferPage? {
        var place = place
        guard let first = try await part(of: channel, from: place, bytes: bytes) else { return nil }
        var page = TransferPage(head: first.head, items: [], next: nil)
        var part: Functions.ExportedPart? = first
        var room = bytes
        // Pages end within a part, or after it; a part of another moment is left to the next page.
        while let found = part, found.head.position == page.head.position {
            page.items += found.items
            room -= found.items.reduce(0) { $0 + $1.size }
            let isOver = found.last == nil || place.part == .log && found.last == found.head.newest?.offset
            guard
                let next = isOver
                    ? place.part.next.map({ TransferPlace($0) })
                    : TransferPlace(place.part, after: found.last ?? 0)
            else { return page }
            (place, page.next) = (next, next)
            guard room > 0 else { return page }
            part = try await self.part(of: channel, from: place, bytes: room)
        }
        return page
    }

    private func part(
        of channel: ChannelName, from place: TransferPlace, bytes: Int
    ) async throws(BrokerError) -> Functions.ExportedPart? {
        try await connections.ask(functions.export(channel, from: place, bytes: bytes)) {
            Functions.part($0, of: channel, place.part)
        }
    }

    package func tasks(after record: TaskRecord?) async throws(BrokerError) -> [TaskRecord] {
        let query = functions.exportTasks(after: record?.entry.channel, limit: TaskEntry.maximumBatch)
        return try await connections.ask(query) { Functions.taskRecords($0) }
    }

    package func restore(_ tasks: [TaskRecord]) async throws(BrokerError) {
        try await connections.run(functions.importTasks(tasks))
    }

    package func restoration(of channel: ChannelName) async throws(BrokerError) -> any ChannelRestoration {
        let copy = try await connections.ask(functions.beginRestoration(of: channel)) { $0.int(0, 0) }
        return PostgresRestoration(copy: copy, functions: functions, connections: connections)
    }
}
