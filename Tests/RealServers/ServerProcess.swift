import BrokerCore
package import Foundation

/// A program that a test runs. What it prints is kept, and it never outlives the tests.
package final class ServerProcess: Sendable {
    private struct State {
        var output = ""
        var status: Int32?
        /// Who waits for a text in the output; an empty text stands for the end.
        var waiting: [(text: String, continuation: CheckedContinuation<Bool, Never>)] = []

        mutating func takeSatisfied() -> [(CheckedContinuation<Bool, Never>, Bool)] {
            let satisfied = waiting.compactMap { waiter -> (CheckedContinuation<Bool, Never>, Bool)? in
                if !waiter.text.isEmpty && output.contains(waiter.text) { return (waiter.continuation, true) }
                return status == nil ? nil : (waiter.continuation, false)
            }
            waiting.removeAll { status != nil || (!$0.text.isEmpty && output.contains($0.text)) }
            return satisfied
        }
    }

    /// The system's number for it.
    package let pid: pid_t
    private let state = Locked(State())

    /// Starts the program: its path or a name to look for, then its arguments.
    package static func start(_ words: [String]) async throws -> ServerProcess {
        try await withCheckedThrowingContinuation { continuation in
            // A thread of its own: the system kills the program when the thread that started it is gone.
            Thread.detachNewThread {
                do {
                    let (process, output) = try spawn(["setpriv", "--pdeathsig", "KILL"] + words)
                    continuation.resume(returning: process)
                    process.follow(output)
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    /// Runs a program to its end and gives back what it printed.
    package static func output(of words: [String]) async throws -> String {
        let process = try await start(words)
        let status = await process.ended()
        guard status == 0 else { throw ServerFailure("\(words[0]) failed: \(process.output)") }
        return process.output
    }

    private init(pid: pid_t) { self.pid = pid }

    /// All that the program has printed.
    package var output: String { state.withLock { $0.output } }

    /// Whether it has not ended yet.
    package var isRunning: Bool { state.withLock { $0.status == nil } }

    /// Waits until the program has printed `text`. `false`: it ended before.
    package func prints(_ text: String) async -> Bool {
        await withCheckedContinuation { continuation in
            change { $0.waiting.append((text, continuation)) }
        }
    }

    /// Waits for the end of the program, and gives its status as `waitpid` does.
    @discardableResult
    package func ended() async -> Int32 {
        _ = await prints("")
        return state.withLock { $0.status ?? -1 }
    }

    /// Does nothing when the program has ended.
    package func signal(_ signal: Int32) {
        state.withLock { if $0.status == nil { kill(pid, signal) } }
    }

    private func change(_ body: (inout sending State) -> Void) {
        let satisfied = state.withLock { state in
            body(&state)
            return state.takeSatisfied()
        }
        for (continuation, found) in satisfied { continuation.resume(returning: found) }
    }

    private func follow(_ output: FileHandle) {
        while case let data = output.availableData, !data.isEmpty {
            change { $0.output += String(decoding: data, as: UTF8.self) }
        }
        var information = siginfo_t()
        // Its number stays taken until the status is known to all, so no signal can reach another program.
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        change { state in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            state.status = status
        }
    }

    private static func spawn(_ words: [String]) throws -> (ServerProcess, FileHandle) {
        var ends: [Int32] = [-1, -1]
        // Not a pipe: another program that is started at this moment would inherit it, and its end would never be seen.
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw ServerFailure("no sockets: error \(errno)") }
        let (reading, writing) = (ends[0], ends[1])
        defer { close(writing) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, writing, 1)
        posix_spawn_file_actions_adddup2(&actions, writing, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let failure = posix_spawnp(&pid, words[0], &actions, &attributes, &arguments, environ)
        let output = FileHandle(fileDescriptor: reading, closeOnDealloc: true)
        guard failure == 0 else {
            throw ServerFailure("can't start \(words): \(String(cString: strerror(failure)))")
        }
        return (ServerProcess(pid: pid), output)
    }
}
