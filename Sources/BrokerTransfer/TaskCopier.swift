import BrokerCore

/// Copies the registry of tasks, so that leases and lists go on where the channels are.
struct TaskCopier: Sendable {
    /// Channels that are compared at the same time.
    private static let concurrency = 8

    let source: any ChannelStore
    let target: any ChannelStore

    /// Of tasks whose channels the target does not have, or has gone on with by itself, the target knows best.
    /// - Returns: how many entries were written.
    func run() async throws(BrokerError) -> Int {
        var (count, last) = (0, TaskRecord?.none)
        while !Task.isCancelled {
            let page = try await source.tasks(after: last)
            guard let end = page.last else { break }
            last = end
            for start in stride(from: 0, to: page.count, by: TaskEntry.maximumBatch) {
                let batch = page[start..<min(start + TaskEntry.maximumBatch, page.count)]
                let chosen = try await following(batch)
                if !chosen.isEmpty { try await target.restore(chosen) }
                count += chosen.count
            }
        }
        return count
    }

    /// Those whose channels the target has from the source.
    private func following(_ records: ArraySlice<TaskRecord>) async throws(BrokerError) -> [TaskRecord] {
        let results = await withTaskGroup(of: Result<TaskRecord?, BrokerError>.self) { group in
            var (results, underWay) = ([Result<TaskRecord?, BrokerError>](), 0)
            for record in records {
                if underWay == Self.concurrency, let result = await group.next() {
                    results.append(result)
                    underWay -= 1
                }
                group.addTask { await check(record) }
                underWay += 1
            }
            while let result = await group.next() { results.append(result) }
            return results
        }
        var chosen: [TaskRecord] = []
        for result in results { if let record = try result.get() { chosen.append(record) } }
        return chosen
    }

    private func check(_ record: TaskRecord) async -> Result<TaskRecord?, BrokerError> {
        do throws(BrokerError) {
            guard let ours = try await source.head(of: record.entry.channel),
                let theirs = try await target.head(of: record.entry.channel)
            else { return .success(nil) }
            if case .refused = ChannelRelation(of: theirs, to: ours) { return .success(nil) }
            return .success(record)
        } catch {
            return .failure(error)
        }
    }
}
