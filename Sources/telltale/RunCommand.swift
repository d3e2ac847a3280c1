import ArgumentParser
import BrokerCore
import Foundation
import GatewayClient

/// `telltale run`: runs a command as a task that browsers watch.
///
/// The command is what matters: it is started first, it is never held up by the gateway, and it ends as it would
/// without us.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command as a task: publish its output, its progress and its end.",
        usage: "telltale run [--task ID] [--title T] [--progress-pattern P] [--gateway URL] [OPTION …] -- COMMAND …",
        discussion: """
            The output is shown here as well. A task that is queued is taken; one that is over gets a new attempt. When the \
            task is cancelled, the command gets SIGTERM, and after the grace period SIGKILL. While the gateway is away \
            the output waits in memory and in a temporary file. Ends as the command does: with its status, or 128+N when \
            signal N killed it; 127 when there is no such command, 126 when it can't be run.
            """)

    @Option(help: "The id under which to watch it (default: made by chance).")
    var task: String?

    @Option(help: "A title for people (default: the command).")
    var title: String?

    @OptionGroup var watching: RunOptions
    @OptionGroup var gateway: GatewayOptions

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String] = []

    func validate() throws {
        if let task { try RunIdentity.check(task) }
        switch command.first {
        case "--help", "-h": throw CleanExit.helpRequest(self)
        case .some(let word) where word.hasPrefix("-") && word != "--":
            throw ValidationError("unknown option \(word): a command follows after --")
        default: break
        }
        if words.isEmpty { throw ValidationError("no command: give one after --") }
    }

    /// The command without the `--` before it.
    private var words: [String] { command.first == "--" ? Array(command.dropFirst()) : command }

    func run() async throws {
        Descriptor.openMissingStandards()
        let id = task ?? RunIdentity.random(length: 12)
        Console.note("watch at \(try gateway.address().watch(task: id))")
        let signals = try SignalRelay()
        let outputs = try RunOutput.all()
        let started = ContinuousClock.now
        let child = Self.spawn(words, outputs: outputs)
        let cancellation = RunCancellation(of: child, grace: watching.grace.duration)
        let watcher = RunWatcher(Outbox(capacity: watching.buffer.bytes), progress: watching.progressPattern)
        let others = RunPriority.threads()
        let pumps = RunPump.start(outputs, of: child, for: watcher)
        RunPriority.lower(others)
        let work = RunPublishing.work(
            id: id, title: title, command: words, pid: child.pid, lease: watching.lease.duration)
        let publishing = RunPublishing(
            work, client: try gateway.client(silence: GatewayClient.silence), outbox: watcher.outbox,
            cancel: cancellation.cancel)
        publishing.start()
        signals.start { Self.pass($0, fromTerminal: $1, to: child, outputs, publishing) }
        let ending = await RunPump.finish(pumps, of: child)
        await cancellation.finish()
        let end = TaskEnd(
            ending, cancelled: cancellation.hasBegun, duration: .now - started, lastLines: watcher.finish())
        await publishing.finish(end, patience: watching.wait.duration)
        // Not thrown: a command may exit with any status, and a thrown one may stand for a usage error.
        Foundation.exit(ending.exitStatus)
    }

    private static func pass(
        _ signal: Int32, fromTerminal: Bool, to child: RunChild, _ outputs: [RunOutput], _ publishing: RunPublishing
    ) {
        if signal == SIGWINCH { for output in outputs { output.resize() } }
        // What the terminal sends goes to its whole foreground group, the child included, but it may have had the old
        // window size when it heard of the new one.
        let isHeard = fromTerminal && signal != SIGWINCH
        let isPassed = isHeard ? child.isRunning : child.signal(signal)
        if !isPassed, signal != SIGWINCH { publishing.abandon() }
    }

    private static func spawn(_ words: [String], outputs: [RunOutput]) -> RunChild {
        do {
            // The parser has them as texts; as they came, they are the last of our own.
            let given = CommandLine.unsafeArgv + (Int(CommandLine.argc) - words.count)
            return try RunChild(given, outputs: outputs)
        } catch {
            Console.note("can't run \(words[0]): \(error)\(RunChild.advice(error))")
            Foundation.exit(RunChild.exitStatus(error))
        }
    }
}

/// The names of tasks.
enum RunIdentity {
    /// Made by chance: about five bits a character.
    static func random(length: Int) -> String {
        let characters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<length).map { _ in characters[Int.random(in: 0..<characters.count)] })
    }

    /// Whether a task may be called so, where the namespace of tasks has its usual name.
    static func check(_ id: String) throws {
        _ = try ChannelName.argument("task:\(id)")
        if id.isEmpty || id.hasSuffix(":control") || (try? ChannelName("task:\(id):control")) == nil {
            throw ValidationError("\"\(id)\" is no task's id: at most 187 bytes, not empty, and not ending in :control")
        }
    }
}
