import ArgumentParser
import BrokerCore
import Foundation
import GatewayClient

/// `telltale run`: runs a command and lets browsers watch it.
///
/// The command is what matters: it is started first, it is never held up by the gateway, and it ends as it would
/// without us.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command and publish its output as it comes.",
        usage: "telltale run [--task ID] [--title T] [--gateway URL] [--token TOKEN] -- COMMAND …",
        discussion: """
            The output is shown here as well, and goes line by line to the channel task:ID, after an event "start" and before \
            an event "exit". Ends as the command does: with its status, or 128+N when signal N killed it; 127 when there \
            is no such command, 126 when it can't be run.
            """)

    /// The channels of runs are `task:ID`.
    private static let prefix = "task:"

    @Option(help: "The id under which to watch it (default: made by chance).")
    var task: String?

    @Option(help: "A title for people.")
    var title: String?

    @OptionGroup var gateway: GatewayOptions

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String] = []

    func validate() throws {
        if let task { _ = try ChannelName.argument(Self.prefix + task) }
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
        let channel = Self.prefix + (task ?? RunIdentity.random(length: 8))
        let address = try gateway.address()
        Console.note("watch at \(address.watch(channel))")
        let signals = try SignalRelay()
        let outputs = try RunOutput.all()
        let started = ContinuousClock.now
        let child = Self.spawn(words, outputs: outputs)
        let publishing = RunPublishing(channel: channel, client: try gateway.client())
        publishing.start(command: words, title: title, pid: child.pid)
        signals.start { signal, fromTerminal in
            if signal == SIGWINCH { for output in outputs { output.resize() } }
            // What the terminal sends goes to its whole foreground group, the child included, but it may have had the
            // old window size when it heard of the new one.
            if fromTerminal, signal != SIGWINCH { return }
            if !child.signal(signal) { publishing.abandon() }
        }
        let ending = await RunPump.run(outputs, of: child, into: publishing.outbox)
        await publishing.finish(ending, command: words, duration: .now - started)
        // Not thrown: a command may exit with any status, and a thrown one may stand for a usage error.
        Foundation.exit(ending.exitStatus)
    }

    private static func spawn(_ words: [String], outputs: [RunOutput]) -> RunChild {
        do {
            return try RunChild(words, outputs: outputs)
        } catch {
            Console.note("can't run \(words[0]): \(error)\(RunChild.advice(error))")
            Foundation.exit(RunChild.exitStatus(error))
        }
    }
}

/// Names made by chance.
enum RunIdentity {
    /// About five bits a character.
    static func random(length: Int) -> String {
        let characters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<length).map { _ in characters[Int.random(in: 0..<characters.count)] })
    }
}
