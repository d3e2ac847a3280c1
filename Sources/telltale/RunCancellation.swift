import Foundation
import Synchronization

/// Ends the command because its task is cancelled: SIGTERM, and after the grace period SIGKILL, to the command and to
/// all that it has started.
final class RunCancellation: Sendable {
    /// How often it is looked whether what the command has started is gone: no process hears of the end of one that is
    /// not its child.
    private static let look = Duration.milliseconds(50)

    private let child: RunChild
    private let grace: Duration
    private let killing = Mutex<Task<Void, Never>?>(nil)

    /// - Parameter grace: from SIGTERM to SIGKILL.
    init(of child: RunChild, grace: Duration) {
        self.child = child
        self.grace = grace
    }

    /// Whether the command was told to end; whatever it then made of it.
    var hasBegun: Bool { killing.withLock { $0 != nil } }

    /// Never waits; only the first call counts.
    func cancel() {
        killing.withLock { killing in
            guard killing == nil, child.isRunning else { return }
            killing = Task { await end() }
        }
    }

    /// Returns at once, or if the command is cancelled when nothing of it is left, or has been killed.
    func finish() async {
        await killing.withLock { $0 }?.value
    }

    private func end() async {
        Console.note("the task is cancelled: ending the command")
        let tree = ProcessTree(of: child.pid)
        _ = child.signal(SIGTERM)
        tree.signal(SIGTERM)
        let deadline = ContinuousClock.now + grace
        while child.isRunning || tree.isRunning, .now < deadline {
            _ = try? await Task.sleep(for: Self.look)
        }
        // What has been started since.
        let late = child.isRunning ? ProcessTree(of: child.pid) : nil
        _ = child.signal(SIGKILL)
        for tree in [tree, late] { tree?.signal(SIGKILL) }
    }
}

/// The processes that a process has started, and those that these have, as they were at one moment. They share our
/// process group (and the terminal with us), as does whatever stands beside us in a pipeline, so the group can't be
/// signalled in their stead.
struct ProcessTree {
    private struct Entry: Hashable {
        let pid: pid_t
        let parent: pid_t
        /// In ticks since the machine's start: tells a process from a later one of the same id.
        let started: UInt64
    }

    private let descendants: [Entry]

    init(of root: pid_t) {
        let folder = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let children = Dictionary(grouping: folder.compactMap(pid_t.init).compactMap(Self.entry), by: \.parent)
        var found: [Entry] = []
        var next = children[root] ?? []
        while !next.isEmpty {
            found += next
            next = next.flatMap { children[$0.pid] ?? [] }
        }
        descendants = found
    }

    /// Whether any is still there.
    var isRunning: Bool { descendants.contains(where: Self.isThere) }

    /// Signals those that are still there.
    func signal(_ number: Int32) {
        for entry in descendants where Self.isThere(entry) { kill(entry.pid, number) }
    }

    private static func isThere(_ entry: Entry) -> Bool {
        self.entry(entry.pid)?.started == entry.started
    }

    /// From `/proc/PID/stat`, see proc(5): the command's name stands in parentheses and may hold anything; after it
    /// the state is field 3, the parent 4, the start 22. `nil` for one that has ended and waits for its parent to see it.
    private static func entry(_ pid: pid_t) -> Entry? {
        guard let stat = FileManager.default.contents(atPath: "/proc/\(pid)/stat"),
            let nameEnd = stat.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = String(decoding: stat[(nameEnd + 1)...], as: UTF8.self).split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", let parent = pid_t(fields[1]), let started = UInt64(fields[19])
        else { return nil }
        return Entry(pid: pid, parent: parent, started: started)
    }
}
