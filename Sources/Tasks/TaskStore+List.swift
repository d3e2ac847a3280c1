import BrokerCore

extension TaskStore {
    /// How many channels are looked at, at the same time.
    static let maximumLooks = 16

    /// A page of tasks as they are now. What the registry has wrong of them is put right.
    /// - Parameter isVisible: what it leaves out is not in the page, and nothing of it shows.
    package func list(
        _ query: TaskQuery, where isVisible: ((TaskID) -> Bool)? = nil
    ) async throws(TaskError) -> TaskPage {
        let limit = min(max(query.limit, 1), TaskQuery.maximumLimit)
        let listed = try await entries(query, limit: limit, where: isVisible)
        let views = try await views(of: listed.map(\.1))
        try await repair(zip(listed.map(\.0), views))
        let tasks = views.filter { view in
            view.status != nil && (query.states.isEmpty || view.life.map { query.states.contains($0.state) } ?? false)
        }
        let cursor = listed.count < limit ? nil : listed.last.map { TaskCursor(after: $0.0) }
        return TaskPage(tasks: tasks.map(TaskSnapshot.init), cursor: cursor)
    }

    /// The registry's next visible entries: as many as the limit, unless it ends before. A cursor names the last of them.
    private func entries(
        _ query: TaskQuery, limit: Int, where isVisible: ((TaskID) -> Bool)?
    ) async throws(TaskError) -> [(ListedTask, TaskID)] {
        var (after, found) = (query.cursor?.entry, [(ListedTask, TaskID)]())
        // Much of it may be left out, however little was asked for.
        let step = isVisible == nil ? limit : TaskQuery.maximumLimit
        while true {
            let next: [ListedTask]
            do {
                next = try await broker.tasks.list(
                    TaskEntryQuery(states: Set(query.states.map(\.rawValue)), after: after, limit: step))
            } catch { throw .broker(error) }
            found += next.compactMap { entry in
                namespace.id(of: entry.channel).flatMap { isVisible?($0) ?? true ? (entry, $0) : nil }
            }
            guard found.count < limit, next.count == step else { return Array(found.prefix(limit)) }
            after = next.last
        }
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
