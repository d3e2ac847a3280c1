import ArgumentParser
import BrokerCore
import BrokerRegistry
import BrokerTransfer

/// `telltale copy`: all channels of one broker, to another.
struct CopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy all channels from one broker to another, with their epochs and offsets.",
        discussion: """
            Readers who come back at the other broker with their position just go on, and publishers who repeat get their first \
            position. Stop the gateways, copy, and start them on the other broker. It is safe to copy while publishers write, and to \
            copy again: what has changed since is brought. A channel is never there in part; one that does not stand still, and one \
            of which the target has another or has gone on, is named and left as it is (exit status 1). Keys below broker of a \
            configuration are heeded, but broker.url.
            """)

    @Option(help: "The broker to copy from: a URL as in broker.url.")
    var from: String

    @Option(help: "The broker to copy to.")
    var to: String

    @Option(help: "The configuration file (or TELLTALE_CONFIG).")
    var config: String?

    func validate() throws {
        for (option, url) in [("--from", from), ("--to", to)] {
            do {
                if try BrokerRegistry().backend(for: url) is any CopyableBackend { continue }
            } catch {
                throw ValidationError("\(option): \(error)")
            }
            throw ValidationError("\(option): memory: lives in one process, so nothing can be copied from it or to it")
        }
        if from == to { throw ValidationError("--from and --to are the same broker") }
    }

    func run() async throws {
        let registry = try SettingsOptions.load(config: config).registry
        try await Interruption.cancels {
            let source = try await Self.open(from, "--from", in: registry, forWriting: false)
            let target = try await Self.open(to, "--to", in: registry, forWriting: true)
            let progress = CopyProgress()
            let report: CopyReport
            do {
                report = try await BrokerCopy(source: source, target: target).run(progress: progress.tell)
            } catch {
                throw BrokerFailure(error)
            }
            await source.close()
            await target.close()
            if Task.isCancelled { throw BrokerFailure("interrupted: run again, it goes on") }
            try Self.tell(report)
        }
    }

    private static func open(
        _ url: String, _ option: String, in registry: BrokerRegistry, forWriting isTarget: Bool
    ) async throws(BrokerFailure) -> any ChannelStore {
        do {
            guard let backend = try registry.backend(for: url) as? any CopyableBackend else {
                throw BrokerFailure("can't be copied", subject: option)
            }
            return try await backend.openStore(forWriting: isTarget)
        } catch let failure as BrokerFailure {
            throw failure
        } catch {
            throw BrokerFailure(error, subject: option)
        }
    }

    /// - Throws: when something of the source is not in the target.
    private static func tell(_ report: CopyReport) throws {
        for refused in report.refused { Console.note("\(refused.channel) was not copied: \(refused.reason)") }
        note(report.refusals - report.refused.count, "channels were not copied")
        for channel in report.moving.names {
            Console.note("\(channel) was not copied: it is published to; stop its publishers, and run this again")
        }
        note(report.moving.count - report.moving.names.count, "channels are published to")
        if let first = report.targetOnly.names.first {
            Console.note("the target has channels that the source has not: \(report.targetOnly.count), as \(first)")
        }
        try Console.print(
            "\(report.isComplete ? "complete" : "not complete"): "
                + "the target has \(report.equal) channels as the source has them; \(report.words)")
        guard report.isComplete else { throw ExitCode.failure }
    }

    private static func note(_ more: Int, _ what: String) {
        if more > 0 { Console.note("and \(more) more \(what)") }
    }
}

/// Says now and then how far a copy has come.
private final class CopyProgress: Sendable {
    private static let interval = Duration.seconds(2)

    private let last = Locked(ContinuousClock.now)

    func tell(_ report: CopyReport) {
        let now = ContinuousClock.now
        let isDue = last.withLock { last in
            guard now - last >= Self.interval else { return false }
            last = now
            return true
        }
        if isDue { Console.note(report.words) }
    }
}

extension CopyReport {
    /// What was done, in words.
    fileprivate var words: String {
        let kilobytes = (bytes + 1023) / 1024
        return "copied \(copied) channels, \(messages) messages, "
            + (kilobytes < 10_240 ? "\(kilobytes) KiB" : "\(kilobytes / 1024) MiB")
            + (tasks > 0 ? ", the leases of \(tasks) tasks" : "")
    }
}
