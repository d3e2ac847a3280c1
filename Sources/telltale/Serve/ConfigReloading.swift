import Gateway
import GatewayConfig
import Glibc
import Logging

/// Reads the configuration again, one time after the other, and says in the log what that has changed.
actor ConfigReloading {
    /// Between two looks at the file.
    static let interval = Duration.seconds(2)

    /// What changes when a file is written or replaced.
    private struct FileState: Equatable {
        var device: UInt
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    private let live: LiveConfig
    private let file: String?
    private let logger: Logger
    private let load: @Sendable () throws -> LoadedConfig
    private var seen: FileState?
    /// The reload before the one that is asked for: an actor alone would not keep them apart.
    private var last: Task<Void, Never>?

    /// - Parameter file: the configuration's; `nil`: there is none to watch.
    init(live: LiveConfig, file: String?, logger: Logger, load: @escaping @Sendable () throws -> LoadedConfig) {
        self.live = live
        self.file = file
        self.logger = logger
        self.load = load
        seen = Self.state(of: file)
    }

    /// Reloads whenever the file has changed, until the task is cancelled. A file that is away for a moment, because it is
    /// being replaced, has not changed.
    func watchFile() async {
        guard file != nil else { return }
        while (try? await Task.sleep(for: Self.interval)) != nil {
            guard let now = Self.state(of: file), now != seen else { continue }
            await reload("the file has changed")
        }
    }

    /// - Parameter cause: why, for the log.
    func reload(_ cause: String) async {
        let before = last
        let task = Task {
            await before?.value
            await reloadNow(cause)
        }
        last = task
        await task.value
    }

    private func reloadNow(_ cause: String) async {
        seen = Self.state(of: file) ?? seen
        do {
            let changes = try await live.reload { [load] in try load().config }
            for change in changes.applied { logger.notice("configuration: applied", metadata: Self.metadata(change)) }
            for change in changes.restart {
                logger.warning("configuration: needs a restart", metadata: Self.metadata(change))
            }
            logger.notice(
                "configuration reloaded",
                metadata: [
                    "cause": "\(cause)", "applied": "\(changes.applied.count)", "restart": "\(changes.restart.count)",
                ])
        } catch {
            let problems = (error as? ConfigError)?.problems.map(\.description) ?? ["\(error)"]
            for problem in problems {
                logger.error(
                    "configuration not reloaded: nothing has changed",
                    metadata: ["cause": "\(cause)", "reason": "\(problem)"])
            }
        }
    }

    private static func metadata(_ change: ConfigChanges.Change) -> Logger.Metadata {
        ["key": "\(change.key)", "from": "\(change.old)", "to": "\(change.new)"]
    }

    private static func state(of file: String?) -> FileState? {
        var status = stat()
        guard let file, stat(file, &status) == 0 else { return nil }
        return FileState(
            device: UInt(status.st_dev), inode: UInt(status.st_ino), size: Int(status.st_size),
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }
}
