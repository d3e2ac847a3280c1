import BrokerConformance
import BrokerCore
import RealServers
import Testing

@testable import RedisBroker

/// The functions of the tasks' registry, also in the form in which older servers run them.
@Suite(.timeLimit(.minutes(2))) struct TaskFunctionTests {
    @Test(arguments: [(1, false), (2, false), (3, true), (4, true)] as [(UInt64, Bool)])
    func `random operations come out as a plain model says`(_ seed: UInt64, _ asScript: Bool) async throws {
        try await FunctionsUnderTest.run(asScript: asScript) { under in
            var chance = SplitMix64(seed: seed)
            var model = Model()
            for _ in 0..<600 {
                let names = try Set(
                    (0..<chance.pick([1, 2, 40])).map { _ in try ChannelName("t:\(chance.below(60))") })
                switch chance.below(8) {
                case 0..<3:
                    let entries = names.map { name in
                        let state = chance.pick(["queued", "started", "lost"])
                        return TaskEntry(channel: name, state: state, due: chance.pick([.zero, .seconds(900)]))
                    }
                    _ = try await under.answer(under.tasks.record(entries))
                    model.record(entries, try await under.listed(TaskEntryQuery()))
                case 3:
                    _ = try await under.answer(under.tasks.remove(Array(names)))
                    for name in names { model.rows[name] = nil }
                case 4:
                    let limit = chance.pick([0, 3, 100])
                    let claimed = try await under.claimed(limit: limit, for: chance.pick([.zero, .seconds(900)]))
                    #expect(claimed.count == min(limit, model.due.count) && model.due.isSuperset(of: claimed))
                    // Claimed for no time at all it is due still.
                    let rest = try await under.claimed(limit: 100, for: .seconds(900))
                    #expect(model.due == Set(claimed).union(rest))
                    model.due = []
                default:
                    // The place of a task that there is, or of one that is gone.
                    var after = model.listed(TaskEntryQuery()).filter { _ in chance.below(9) == 0 }.first
                    if chance.below(2) == 0 { after?.channel = try ChannelName("t:\(chance.below(99))") }
                    let states = Set(["queued", "started", "none"].filter { _ in chance.below(3) == 0 })
                    let query = TaskEntryQuery(states: states, after: after, limit: chance.pick([0, 1, 7, 100]))
                    #expect(try await under.listed(query) == model.listed(query))
                }
            }
        }
    }

    @Test func `a registry is one key, which goes with its last task`() async throws {
        try await FunctionsUnderTest.run { under in
            let task = try ChannelName("task:42")
            for (state, due) in [("queued", 60), ("started", 30), ("started", 10)] as [(String, Int64)] {
                let entry = TaskEntry(channel: task, state: state, due: .seconds(due))
                _ = try await under.answer(under.tasks.record([entry]))
            }
            let created = try #require(try await under.listed(TaskEntryQuery()).first).created
            #expect(try await under.server.cli("KEYS", "*") == "telltale:{tasks}:registry")
            let stored = try await under.server.cli("ZRANGE", "telltale:{tasks}:registry", "0", "-1", "WITHSCORES")
            let words = stored.split(separator: "\n").map(String.init)
            #expect(words.count == 8 && words[..<5] == ["s:started", "-2", "s:queued", "-1", "d:task:42"])
            #expect(try #require(Int64(words[5])) - created - 10_000 < 60_000)
            #expect(words[6...] == ["l:task:42", "\(2 << 43 + created)"])
            _ = try await under.answer(under.tasks.remove([task]))
            #expect(try await under.server.cli("DBSIZE") == "0")
        }
    }

    @Test func `a claim of nothing is one look at the server, and no write`() async throws {
        try await FunctionsUnderTest.run { under in
            let entries = try (0..<512).map {
                TaskEntry(channel: try ChannelName("task:\($0)"), state: "started", due: .seconds(60))
            }
            _ = try await under.answer(under.tasks.record(entries))
            try await under.server.cli("CONFIG", "RESETSTAT")
            for _ in 0..<20 { #expect(try await under.claimed(limit: 256, for: .seconds(5)).isEmpty) }
            let statistics = try await under.server.cli("INFO", "commandstats")
            let called = statistics.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("cmdstat_") }
                .map { $0.dropFirst("cmdstat_".count).split(separator: ",")[0] }
            #expect(
                Set(called).subtracting(["config|resetstat:calls=1"]) == [
                    "fcall:calls=20", "time:calls=20", "zrange:calls=20",
                ])
        }
    }

    @Test func `more states than there is room for are refused, and change nothing`() async throws {
        try await FunctionsUnderTest.run { under in
            func entries(_ range: Range<Int>) throws -> [TaskEntry] {
                try range.map { number in
                    let state =
                        String(UnicodeScalar(UInt8(97 + number % 26))) + String(repeating: "x", count: number / 26)
                    return TaskEntry(channel: try ChannelName("\(number)"), state: state, due: .zero)
                }
            }
            _ = try await under.answer(under.tasks.record(entries(0..<256)))
            await #expect { _ = try await under.answer(under.tasks.record(entries(255..<257))) } throws: {
                "\($0)".contains("256 states already")
            }
            #expect(try await under.listed(TaskEntryQuery()).count == 256)
        }
    }

    @Test func `a key that something else has written is named`() async throws {
        try await FunctionsUnderTest.run { under in
            try await under.server.cli("SET", "telltale:{tasks}:registry", "x")
            for call in [under.tasks.list(TaskEntryQuery()), under.tasks.claim(limit: 1, for: .zero)] {
                await #expect { _ = try await under.answer(call) } throws: {
                    "\($0)".contains("NOTASKS the key telltale:{tasks}:registry has another type")
                }
            }
        }
    }
}

/// What a registry holds, in the plainest form.
private struct Model {
    var rows: [ChannelName: ListedTask] = [:]
    private var dueAtOnce: Set<ChannelName> = []

    /// Those that are due now and that there are.
    var due: Set<ChannelName> {
        get { dueAtOnce.intersection(rows.keys) }
        set { dueAtOnce = newValue }
    }

    /// - Parameter found: what the registry says now, of which only the times of new tasks are taken.
    mutating func record(_ entries: [TaskEntry], _ found: [ListedTask]) {
        for entry in entries {
            let created = rows[entry.channel]?.created ?? found.first { $0.channel == entry.channel }?.created ?? 0
            rows[entry.channel] = ListedTask(channel: entry.channel, state: entry.state, created: created)
            if entry.due == .zero { dueAtOnce.insert(entry.channel) } else { dueAtOnce.remove(entry.channel) }
        }
    }

    func listed(_ query: TaskEntryQuery) -> [ListedTask] {
        let chosen = rows.values.filter { row in
            let isOlder = query.after.map { (row.created, row.channel) < ($0.created, $0.channel) } ?? true
            return isOlder && (query.states.isEmpty || query.states.contains(row.state))
        }
        return Array(chosen.sorted { ($1.created, $1.channel) < ($0.created, $0.channel) }.prefix(query.limit))
    }
}

extension FunctionsUnderTest {
    fileprivate var tasks: TaskCalls { TaskCalls(library: library, key: library.registryKey) }

    fileprivate func listed(_ query: TaskEntryQuery) async throws -> [ListedTask] {
        try #require(TaskCalls.page(try await answer(tasks.list(query)), of: query))
    }

    fileprivate func claimed(limit: Int, for claim: Duration) async throws -> [ChannelName] {
        try #require(TaskCalls.due(try await answer(tasks.claim(limit: limit, for: claim)))).channels
    }
}
