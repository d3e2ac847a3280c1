import Glibc
import Synchronization

/// The command, running.
final class RunChild: Sendable {
    /// How it ended.
    enum Ending: Sendable {
        case exited(Int32)
        case killed(signal: Int32)

        /// As a shell says it.
        var exitStatus: Int32 {
            switch self {
            case .exited(let status): status
            case .killed(let signal): 128 + signal
            }
        }
    }

    let pid: pid_t
    /// At its end, as a pipe without writers, when the command has ended.
    let ended: Int32
    private let ending: Int32
    private let reaped = Mutex(false)

    /// The words of a command, byte for byte, since file names need not be UTF-8; `nil` behind the last.
    typealias Words = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    /// Starts the command with our standard input and the given outputs.
    init(_ words: Words, outputs: [RunOutput]) throws(Descriptor.Failure) {
        (ended, ending) = try Descriptor.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for output in outputs {
            guard let descriptor = output.writingDescriptor else { continue }
            for target in output.childDescriptors {
                posix_spawn_file_actions_adddup2(&actions, descriptor, target)
            }
        }
        var attributes = Self.attributes()
        defer { posix_spawnattr_destroy(&attributes) }
        var pid: pid_t = 0
        let failure = words[0].map { posix_spawnp(&pid, $0, &actions, &attributes, words, environ) } ?? ENOENT
        for output in outputs { output.closeWriting() }
        guard failure == 0 else { throw Descriptor.Failure(failure) }
        self.pid = pid
    }

    /// The threads of our pool block signals and our libraries ignore SIGPIPE; a new process would inherit both. What
    /// we catch is back at its default in the child, and what we found ignored stays so.
    private static func attributes() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        return attributes
    }

    /// Whether it has not ended, as far as we know.
    var isRunning: Bool { reaped.withLock { !$0 } }

    /// Passes a signal on. `false`: the command has ended.
    func signal(_ number: Int32) -> Bool {
        reaped.withLock { reaped in !reaped && kill(pid, number) == 0 }
    }

    /// Waits for its end. To be called once.
    func wait() -> Ending {
        // Seen dead first and reaped under the lock: a signal never reaches another process of the same id.
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        var status: Int32 = 0
        reaped.withLock { reaped in
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            reaped = true
        }
        close(ending)
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
    }

    /// What a shell exits with when a command can't be started: 127 if there is none, 126 if it can't be run.
    static func exitStatus(_ failure: Descriptor.Failure) -> Int32 {
        failure.code == ENOENT ? 127 : 126
    }

    static func advice(_ failure: Descriptor.Failure) -> String {
        switch failure.code {
        case ENOENT: " (check its name and PATH; a shell's own commands need `sh -c`)"
        case EACCES: " (is it executable?)"
        case ENOEXEC: " (a script needs a first line such as #!/bin/sh)"
        default: ""
        }
    }
}
