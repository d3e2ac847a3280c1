import ArgumentParser
import BrokerConformance
import BrokerCore
import BrokerRegistry

/// `telltale verify`: the conformance suite against a broker.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Hold a broker to every promise.",
        discussion: """
            Runs the cases that the project's own tests run, under names of its own, and removes them: it is safe against a broker in \
            use. With --against the same random script is run on both brokers too, and their answers compared. \
            Of a configuration, keys below broker are heeded, but broker.url; broker.postgres.listen_url is URL's alone. \
            Exit status 1: a case failed, or the broker can't be reached.
            """)

    @Argument(help: "The broker's URL, as in broker.url.")
    var url: String

    @Option(help: "A second broker to compare it with.")
    var against: String?

    @Option(help: "The configuration file (or TELLTALE_CONFIG).")
    var config: String?

    @Option(help: "The seed of the comparison's script, to repeat one (default: by chance).")
    var seed: UInt64?

    func validate() throws {
        for url in [url, against].compactMap({ $0 }) {
            do { _ = try BrokerRegistry().backend(for: url) } catch { throw ValidationError("\(error)") }
        }
    }

    func run() async throws {
        let registry = try SettingsOptions.load(config: config).registry
        var others = registry
        others.postgres.listenURL = nil
        try await Interruption.cancels { [others] in
            let runner = ConformanceRunner(open: Self.opening(url, in: registry))
            try tell(await runner.run { if !$0.isSkipped { print($0.line) } })
            if let against { try await compare(runner, ConformanceRunner(open: Self.opening(against, in: others))) }
        }
    }

    /// - Throws: when a case has not passed, or something is left in the broker.
    private func tell(_ report: ConformanceReport) throws {
        if report.skipped.count < report.results.count {
            for skipped in report.skipped { print(skipped.line) }
            print(report.summary)
        }
        if let obstacle = report.obstacle { throw BrokerFailure(obstacle) }
        guard report.succeeded else { throw ExitCode.failure }
    }

    private func compare(_ first: ConformanceRunner, _ second: ConformanceRunner) async throws {
        let script = Differential(seed: seed ?? UInt64.random(in: .min ... .max))
        guard let difference = try await script.run(first, against: second) else {
            return print("no difference in \(script.operations) operations (--seed \(script.seed))")
        }
        print(difference)
        throw ExitCode.failure
    }

    /// Each run has a sandbox of its own.
    private static func opening(_ url: String, in registry: BrokerRegistry) -> ConformanceRunner.Open {
        { settings in
            var registry = registry
            registry.settings = settings
            let sandbox = try registry.backend(for: url).sandbox()
            do {
                return ConformanceHandles(
                    writer: try await sandbox.open(), reader: try await sandbox.open(), remove: sandbox.remove)
            } catch {
                try? await sandbox.remove()
                throw error
            }
        }
    }
}
