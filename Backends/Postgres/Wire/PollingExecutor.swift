import BrokerCore
import Glibc

/// A thread that waits with poll(2): it carries connections, and is the serial executor of actors that live with them.
///
/// The thread begins with the first job and ends with ``shutdown()``. A job that comes later still runs, on a thread
/// that ends behind it.
final class PollingExecutor: SerialExecutor, Sendable {
    private enum Work: Sendable {
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
    }

    private struct State {
        var work: [Work] = []
        var isAsleep = false
        var isShutDown = false
        var isRunning = false
        /// Who runs; `nil` also while the thread starts.
        var thread: pthread_t?
    }

    private let name: String
    private let state = Locked(State())
    private let wakeup = Wakeup()
    // Touched on the thread alone.
    nonisolated(unsafe) private var pollables: [any Pollable] = []
    nonisolated(unsafe) private var descriptors: [pollfd] = []

    /// - Parameter name: the thread's name; the system shows 15 bytes of it.
    init(name: String) { self.name = name }

    /// Ends what it carries, runs what has been enqueued, and ends the thread.
    func shutdown() {
        execute { [self] in state.withLock { $0.isShutDown = true } }
    }

    func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }

    /// Runs `body` on the thread, after what was enqueued before.
    func execute(_ body: @escaping @Sendable () -> Void) { add(.closure(body)) }

    var isOnThread: Bool {
        state.withLock { $0.thread }.map { pthread_equal($0, pthread_self()) != 0 } ?? false
    }

    func checkIsolated() { precondition(isOnThread, "not on the thread \(name)") }

    private func add(_ work: Work) {
        let (start, wake) = state.withLock { state in
            state.work.append(work)
            defer { state.isAsleep = false }
            defer { state.isRunning = true }
            return (!state.isRunning, state.isAsleep)
        }
        if start { startThread(named: name) { [self] in run() } }
        if wake { wakeup.signal() }
    }

    private func run() {
        state.withLock { $0.thread = pthread_self() }
        while let work = take() {
            for work in work {
                switch work {
                case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
                case .closure(let body): body()
                }
            }
            if state.withLock({ $0.isShutDown }) { for pollable in pollables { pollable.abandon() } }
            wait()
        }
    }

    /// What has come. `nil`: there is nothing, and nothing will be waited for any more.
    private func take() -> [Work]? {
        state.withLock { state in
            if state.isShutDown && state.work.isEmpty {
                (state.isRunning, state.thread) = (false, nil)
                return nil
            }
            defer { state.work = [] }
            return state.work
        }
    }
}

// MARK: Waiting, on the thread alone

extension PollingExecutor {
    func add(_ pollable: some Pollable) { pollables.append(pollable) }

    func remove(_ pollable: some Pollable) { pollables.removeAll { $0 === pollable } }

    private func wait() {
        let carried = pollables
        descriptors.removeAll(keepingCapacity: true)
        descriptors.append(pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0))
        for pollable in carried { descriptors.append(pollable.interest) }
        let timeout = timeout(of: carried)
        let maySleep = state.withLock { state in
            state.isAsleep = state.work.isEmpty && !state.isShutDown
            return state.isAsleep
        }
        poll(&descriptors, nfds_t(descriptors.count), maySleep ? timeout : 0)
        state.withLock { $0.isAsleep = false }
        if descriptors[0].revents != 0 { wakeup.clear() }
        for (pollable, descriptor) in zip(carried, descriptors.dropFirst()) where descriptor.revents != 0 {
            pollable.ready(descriptor.revents)
        }
        expire(carried)
    }

    /// In milliseconds, rounded up; -1: without end.
    private func timeout(of pollables: [any Pollable]) -> Int32 {
        guard let deadline = pollables.lazy.compactMap(\.deadline).min() else { return -1 }
        let (seconds, attoseconds) = max(.zero, deadline - .now).components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1
        return Int32(clamping: milliseconds)
    }

    private func expire(_ pollables: [any Pollable]) {
        let now = ContinuousClock.now
        for pollable in pollables {
            if let deadline = pollable.deadline, deadline <= now { pollable.expire() }
        }
    }
}
