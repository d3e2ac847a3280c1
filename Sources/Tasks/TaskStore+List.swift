import BrokerCore

extension TaskStore {
    /// How many channels are looked at, at the same time.
    static let maximumLooks = 16

    /// A page of tasks as they are now. What the registry has wrong of them is put right.
    package func list(_ query: TaskQuery) async throws(TaskError) -> TaskPage {
        let limit = min(max(query.limit, 1), TaskQuery.maximumLimit)
        let entries: [ListedTask]
        do {
            entries = try await broker.tasks.list(
                TaskEntryQuery(
                    states: Set(query.states.map(\.rawValue)), after: query.cursor?.entry, limit: limit))
        } catch { throw .broker(error) }
        let listed = entries.compactMap { entry in namespace.id(of: entry.channel).map { (entry, $0) } }
        let views = try await views(of: listed.map(\.1))
        try await repair(zip(listed.map(\.0), views))
        let tasks = views.filter { view in
            view.status != nil && (query.states.isEmpty || view.life.map { query.states.contains($0.state) } ?? false)
        }
        let cursor = entries.count < limit ? nil : entries.last.map(TaskCursor.init)
        return TaskPage(tasks: tasks.map(TaskSnapshot.init), cursor: cursor)
    }

    func views(of ids: [TaskID]) async throws(TaskError) -> [TaskView] {
        let results = await concurrently(ids, atMost: Self.maximumLooks) { id -> Result<TaskView, TaskError> in
            do throws(TaskError) { return .success(try await view(of: id)) } catch { return .failure(error) }
        }
        var views: [TaskView] = []
        for result in results { views.append(try result.get()) }
        return views
    }

    private func repair(_ looks: some Sequence<(ListedTask, TaskView)>) async throws(TaskError) {
        var gone: [TaskID] = []
        for (entry, view) in looks {
            if view.status == nil {
                gone.append(view.id)
            } else if let life = view.life, life.state.rawValue != entry.state {
                try await settle(life, of: view.id)
            }
        }
        try await forget(gone)
    }
}

/// The results in the order of the elements, so many of them worked on at a time.
func concurrently<Element: Sendable, Value: Sendable>(
    _ elements: [Element], atMost limit: Int, _ body: @escaping @Sendable (Element) async -> Value
) async -> [Value] {
    await withTaskGroup(of: (Int, Value).self) { group in
        var (results, next) = ([Value?](repeating: nil, count: elements.count), 0)
        func add() {
            guard next < elements.count else { return }
            let index = next
            next += 1
            group.addTask { (index, await body(elements[index])) }
        }
        for _ in 0..<limit { add() }
        while let (index, value) = await group.next() {
            results[index] = value
            add()
        }
        return results.compactMap(\.self)
    }
}
