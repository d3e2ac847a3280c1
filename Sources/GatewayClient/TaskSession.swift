import Foundation
import Synchronization

/// Someone else works on the task.
struct TaskTaken: Error, CustomStringConvertible {
    let id: String
    let worker: String?

    var description: String {
        "the task \(id) is running already\(worker.map { ", by \($0)" } ?? ""): the command goes on, unwatched"
    }
}

/// A worker's hold on one attempt of one task: made, kept, made again where the gateway has forgotten, and ended.
final class TaskSession: Carrier {
    private struct State {
        var attempt: UInt64?
        var channel = ""
        var epoch: String?
        /// How often there was reason to doubt that the gateway still knows the task, and which of the doubts was
        /// settled.
        var doubts = 1
        var settled = 0
        /// How often the task was made: numbers the idempotency keys of creation.
        var creations = 0
        var end: TaskEnd?
    }

    let work: TaskWork
    private let client: GatewayClient
    private let run: String
    private let doubted: @Sendable () -> Void
    private let cancel: @Sendable () -> Void
    private let state = Mutex(State())
    /// Gives the task's channel as soon as the gateway has named it.
    let channels: AsyncStream<String>
    private let named: AsyncStream<String>.Continuation

    /// - Parameters:
    ///   - run: distinct for each run of a worker: what the idempotency keys begin with.
    ///   - doubted: is told that ``settle()`` has something to do.
    ///   - cancel: is told that this attempt is to be cancelled; more than once perhaps.
    init(
        client: GatewayClient, work: TaskWork, run: String, doubted: @escaping @Sendable () -> Void,
        cancel: @escaping @Sendable () -> Void
    ) {
        self.client = client
        self.work = work
        self.run = run
        self.doubted = doubted
        self.cancel = cancel
        (channels, named) = AsyncStream.makeStream()
    }

    var attempt: UInt64? { state.withLock { $0.attempt } }

    /// The connection broke, or something else says that the gateway may have forgotten the task, or lost it.
    func doubt() {
        state.withLock { $0.doubts += 1 }
        doubted()
    }

    func settle() async throws {
        let (doubts, settled, attempt) = state.withLock { ($0.doubts, $0.settled, $0.attempt) }
        if doubts == settled { return }
        if let attempt { try await resume(attempt) } else { try await claim() }
        let channel = state.withLock { state in
            state.settled = doubts
            return state.channel
        }
        // Only the first time: nothing comes after the end.
        named.yield(channel)
        named.finish()
    }

    func send(_ batch: [OutboundMessage]) async throws -> [Problem?] {
        let (channel, attempt, epoch) = state.withLock { ($0.channel, $0.attempt ?? 1, $0.epoch) }
        let target = PublishingTarget(channel: channel, attempt: attempt, run: run)
        do {
            let answer = try await client.publish(batch, to: target)
            // Another epoch: the channel is a new one, which knows of no task.
            let isAnother = answer.epoch != nil && epoch != nil && answer.epoch != epoch
            if isAnother || answer.problems.contains(where: { $0 != nil }) { doubt() }
            return answer.problems
        } catch {
            doubt()
            throw error
        }
    }

    /// Says that the worker is there, every third of the lease, until the task is cancelled: two of them may be lost.
    func beat() async {
        while (try? await Task.sleep(for: work.lease / 3)) != nil {
            let (attempt, isSettled) = state.withLock { ($0.attempt, $0.doubts == $0.settled) }
            guard let attempt, isSettled else { continue }
            do {
                hear(try await client.changeTask(work.id, work.heartbeat(attempt: attempt)))
            } catch {
                doubt()
            }
        }
    }

    /// What ``end()`` will say.
    func conclude(_ end: TaskEnd) {
        state.withLock { $0.end = end }
    }

    func end() async throws {
        let (end, attempt) = state.withLock { ($0.end, $0.attempt) }
        guard let end, let attempt else { return }
        do {
            try await say(end, attempt)
        } catch let problem as Problem where problem.status == 404 {
            doubt()
            throw ClientError.interrupted(reason: "the gateway has forgotten the task")
        } catch let problem as Problem where problem.code == "illegal_transition" {
            // Said before, by a request whose answer was lost.
            let there = try await client.task(work.id)
            guard there.attempt == attempt, there.state == end.state.rawValue else { throw problem }
        } catch let error as ClientError {
            doubt()
            throw error
        }
    }

    private func say(_ end: TaskEnd, _ attempt: UInt64) async throws {
        do {
            _ = try await client.changeTask(work.id, end.change(attempt: attempt), idempotencyKey: "\(run):end")
        } catch let problem as Problem where problem.isTooLarge {
            let short = end.change(attempt: attempt, withError: false)
            _ = try await client.changeTask(work.id, short, idempotencyKey: "\(run):end-short")
        }
    }
}

extension TaskSession {
    private func claim() async throws {
        let view: TaskView
        do {
            view = try await create(attempt: nil)
        } catch let problem as Problem where problem.isConflict {
            view = try await takeOver()
        }
        state.withLock { state in
            state.attempt = view.attempt
            state.channel = view.channel
        }
        try await start(view.attempt)
    }

    /// The task is there already: one that waits for a worker is ours, one that is over gets another attempt.
    private func takeOver() async throws -> TaskView {
        let there = try await client.task(work.id)
        if there.isQueued || there.isStarted && there.worker == work.worker { return there }
        if there.isStarted { throw TaskTaken(id: work.id, worker: there.worker) }
        return try await create(attempt: there.attempt + 1)
    }

    /// After a doubt: the gateway still knows the task, or is told of it anew.
    private func resume(_ attempt: UInt64) async throws {
        do {
            let view = try await client.changeTask(work.id, work.heartbeat(attempt: attempt))
            hear(view)
            if view.state == "unknown" { return try await make(attempt) }
            if !view.isStarted { try await start(attempt) }
        } catch let problem as Problem where problem.status == 404 {
            try await make(attempt)
        }
    }

    private func make(_ attempt: UInt64) async throws {
        let view = try await create(attempt: attempt)
        try await start(view.attempt)
    }

    private func create(attempt: UInt64?) async throws -> TaskView {
        let key = state.withLock { "\(run):create:\($0.creations)" }
        let view: TaskView
        do {
            view = try await client.createTask(work.creation(attempt: attempt), idempotencyKey: key)
        } catch let problem as Problem where problem.isTooLarge {
            let short = work.creation(attempt: attempt, withMeta: false)
            view = try await client.createTask(short, idempotencyKey: "\(key):short")
        }
        state.withLock { $0.creations += 1 }
        return view
    }

    private func start(_ attempt: UInt64) async throws {
        do {
            hear(try await client.changeTask(work.id, work.start(attempt: attempt)))
        } catch let problem as Problem where problem.isConflict {
            // Cancelled while it was queued: the command runs all the same, and is to end.
            hear(try await client.task(work.id))
            throw problem
        }
    }

    private func hear(_ view: TaskView) {
        let isMine = state.withLock { state in
            if let epoch = view.epoch { state.epoch = epoch }
            return view.attempt == state.attempt
        }
        if isMine, view.cancelRequested == true { cancel() }
    }
}

extension Problem {
    /// The task is not where the request took it to be.
    var isConflict: Bool { ["illegal_transition", "fenced"].contains(code) }
    var isTooLarge: Bool { status == 413 }
}
