import Foundation

/// Who gets the processor when there is not enough for all.
enum RunPriority {
    /// How much less than the command whoever watches it gets, see nice(2): about a tenth.
    private static let niceness: Int32 = 10

    /// The threads that there are.
    static func threads() -> [id_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return names.compactMap(id_t.init)
    }

    /// Has these threads, and those that they will start, stand back behind the command. On Linux a priority is a
    /// thread's, not a process's, see setpriority(2).
    static func lower(_ threads: [id_t]) {
        let ofThread = __priority_which_t(PRIO_PROCESS.rawValue)
        for thread in threads {
            _ = setpriority(ofThread, thread, min(getpriority(ofThread, thread) + niceness, 19))
        }
    }
}
