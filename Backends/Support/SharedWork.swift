import BrokerCore

/// Work that all who ask for it while it is under way share.
package final class SharedWork<Value: Sendable>: Sendable {
    private let underWay = Locked<Task<Value, Never>?>(nil)

    /// None is under way.
    package init() {}

    /// What came of the work: of the one that is under way, or else of this.
    package func run(_ work: @escaping @Sendable () async -> Value) async -> Value {
        let task = underWay.withLock { current in
            if let current { return current }
            let task = Task {
                let value = await work()
                self.underWay.withLock { $0 = nil }
                return value
            }
            current = task
            return task
        }
        return await task.value
    }
}
