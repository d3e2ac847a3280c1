import BrokerCore
import DequeModule

/// The tasks that there are: when each is due, and which are of what state. A pure value.
///
/// All times are in milliseconds: those that things were created, since 1970; those that they are due, by the store's
/// elapsed time.
struct TaskTable {
    private struct Row {
        var state: String
        let created: Int64
        var due: Int64
        /// The time under which the row stands in the queue: at most `due`.
        var scheduled: Int64
    }

    /// Where a row stands in a list.
    private struct Place: Comparable {
        let created: Int64
        let channel: ChannelName

        static func < (left: Self, right: Self) -> Bool {
            (left.created, left.channel) < (right.created, right.channel)
        }
    }

    private var rows: [ChannelName: Row] = [:]
    /// Of each state that a row has, the oldest first.
    private var places: [String: Deque<Place>] = [:]
    private var queue = ExpiryQueue()
    /// What the rows count towards the store's capacity, in bytes.
    private(set) var footprint = 0

    /// How much more the entries would count towards the capacity.
    func cost(of entries: [TaskEntry]) -> Int {
        entries.reduce(0) { $0 + (rows[$1.channel] == nil ? Footprint.task($1.channel) : 0) }
    }
}

// MARK: - Changing

extension TaskTable {
    /// - Parameters:
    ///   - time: milliseconds since 1970.
    ///   - now: the store's elapsed time.
    mutating func record(_ entry: TaskEntry, time: Int64, now: Int64) {
        let due = now + entry.due.milliseconds
        let former = rows[entry.channel]
        let place = Place(created: former?.created ?? time, channel: entry.channel)
        if let former, former.state != entry.state { unlist(place, as: former.state) }
        if former?.state != entry.state { list(place, as: entry.state) }
        if former == nil { footprint += Footprint.task(entry.channel) }
        let scheduled = min(former?.scheduled ?? .max, due)
        rows[entry.channel] = Row(state: entry.state, created: place.created, due: due, scheduled: scheduled)
        if scheduled != former?.scheduled { schedule(entry.channel, at: scheduled) }
    }

    mutating func remove(_ channel: ChannelName) {
        guard let row = rows.removeValue(forKey: channel) else { return }
        unlist(Place(created: row.created, channel: channel), as: row.state)
        footprint -= Footprint.task(channel)
    }

    /// The channels that are due, the longest due first; each is due again when the claim is over.
    mutating func claim(limit: Int, for claim: Duration, now: Int64) -> [ChannelName] {
        var due: [ChannelName] = []
        while due.count < limit, let entry = queue.next(now: now) {
            // Only the entry under which the row is scheduled speaks for it.
            guard let row = rows[entry.channel], row.scheduled == entry.deadline else { continue }
            guard row.due == row.scheduled else {
                reschedule(entry.channel, at: row.due)
                continue
            }
            // The queue may have the same entry twice.
            rows[entry.channel]?.scheduled = .max
            due.append(entry.channel)
        }
        for channel in due {
            rows[channel]?.due = now + claim.milliseconds
            reschedule(channel, at: now + claim.milliseconds)
        }
        return due
    }

    private mutating func reschedule(_ channel: ChannelName, at time: Int64) {
        rows[channel]?.scheduled = time
        schedule(channel, at: time)
    }

    private mutating func schedule(_ channel: ChannelName, at time: Int64) {
        queue.schedule(channel, at: time)
        guard queue.isStale(channels: rows.count) else { return }
        queue.rebuild(from: rows.lazy.map { .init(deadline: $0.value.scheduled, channel: $0.key) })
    }
}

// MARK: - Copying

extension TaskTable {
    /// Those after a channel, by name.
    func records(after channel: ChannelName?, limit: Int, now: Int64) -> [TaskRecord] {
        let names = rows.keys.filter { name in channel.map { $0 < name } ?? true }.sorted().prefix(limit)
        return names.compactMap { name in
            rows[name].map { row in
                let due = Duration.milliseconds(max(row.due - now, 0))
                return TaskRecord(
                    entry: TaskEntry(channel: name, state: row.state, due: due), created: row.created)
            }
        }
    }

    /// Writes an entry of another registry; of one that is there in the same state the later due counts.
    mutating func restore(_ record: TaskRecord, now: Int64) {
        var entry = record.entry
        if let row = rows[entry.channel], row.state == entry.state {
            entry.due = max(entry.due, .milliseconds(row.due - now))
        }
        remove(entry.channel)
        self.record(entry, time: record.created, now: now)
    }
}

// MARK: - Listing

extension TaskTable {
    /// A page: the newest of each state, of which the newest are taken.
    func list(_ query: TaskEntryQuery) -> [ListedTask] {
        let limit = min(max(query.limit, 0), TaskEntryQuery.maximumLimit)
        let states = query.states.isEmpty ? Set(places.keys) : query.states
        let found = states.flatMap { newest(limit, of: $0, before: query.after) }
        return found.sorted { $1.place < $0.place }.prefix(limit).map(\.task)
    }

    private func newest(
        _ limit: Int, of state: String, before after: ListedTask?
    ) -> [(place: Place, task: ListedTask)] {
        guard let listed = places[state] else { return [] }
        let end = after.map { listed.bound(of: Place(created: $0.created, channel: $0.channel)) } ?? listed.count
        return listed[..<end].suffix(limit).map { place in
            (place, ListedTask(channel: place.channel, state: state, created: place.created))
        }
    }

    private mutating func list(_ place: Place, as state: String) {
        let index = places[state]?.bound(of: place) ?? 0
        places[state, default: []].insert(place, at: index)
    }

    private mutating func unlist(_ place: Place, as state: String) {
        guard let index = places[state]?.bound(of: place), places[state]?[index] == place else { return }
        places[state]?.remove(at: index)
        if places[state]?.isEmpty == true { places[state] = nil }
    }
}

extension Deque where Element: Comparable {
    /// Where the element stands, or would: behind all that are smaller. The elements are in order.
    fileprivate func bound(of element: Element) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
