import BrokerCore
import Dispatch

/// What has to be waited for once, where nothing can be awaited.
struct Waiting<Value: Sendable>: Sendable {
    let value: Value?

    init(_ make: @escaping @Sendable () async -> Value?) {
        let made = Locked<Value?>(nil)
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            let value = await make()
            made.withLock { $0 = value }
            done.signal()
        }
        done.wait()
        value = made.withLock { $0 }
    }
}
