import BrokerCore

/// The registry of tasks, as it is copied.
struct RegistryCopying: Sendable {
    /// Entries of a page.
    private static let listed = 512

    let servers: TransferServers
    let key: String

    func page(after record: TaskRecord?) async throws(BrokerError) -> [TaskRecord] {
        let after = record.map { [$0.entry.channel.rawValue, $0.entry.state, "\($0.created)"] } ?? ["", "", "0"]
        let command = TransferScript.registryExport.command(keys: [key], ["\(Self.listed)"] + after)
        guard let records = Self.records(try await servers.ask([command], ofKey: key)[0]) else {
            throw .unavailable(reason: "the key of the tasks' registry does not hold what Telltale writes")
        }
        return records
    }

    func restore(_ records: [TaskRecord]) async throws(BrokerError) {
        let arguments = records.flatMap { record in
            [
                record.entry.channel.rawValue, record.entry.state, "\(record.created)",
                "\(record.entry.due.wholeMilliseconds)",
            ]
        }
        try await servers.ask([TransferScript.registryImport.command(keys: [key], arguments)], ofKey: key)
    }

    /// `nil` for an answer of another shape.
    private static func records(_ reply: Reply) -> [TaskRecord]? {
        guard let words = reply.array?.map(\.text), words.count.isMultiple(of: 4) else { return nil }
        var records: [TaskRecord] = []
        for at in stride(from: 0, to: words.count, by: 4) {
            guard let channel = words[at].flatMap({ try? ChannelName($0) }), let state = words[at + 1],
                let created = words[at + 2].flatMap({ Int64($0) }), let due = words[at + 3].flatMap({ Int64($0) })
            else { return nil }
            let entry = TaskEntry(channel: channel, state: state, due: .milliseconds(due))
            records.append(TaskRecord(entry: entry, created: created))
        }
        return records
    }
}
