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
            Runs the cases that the project's own tests run, on channels of its own, and deletes them: it is safe against a broker in \
            use. With --against the same random script is run on both brokers too, and their answers compared. \
            Exit status 1: a case failed, or the broker can't be reached.
            """)

    @Argument(help: "The broker's URL, as in broker.url.")
    var url: String

    @Option(help: "A second broker to compare it with.")
    var against: String?

    @Option(help: "The seed of the comparison's script, to repeat one (default: by chance).")
    var seed: UInt64?

    func validate() throws {
        for url in [url, against].compactMap({ $0 }) {
            do { _ = try BrokerRegistry().backend(for: url) } catch { throw ValidationError("\(error)") }
        }
    }

    func run() async throws {
        let runner = ConformanceRunner(open: Self.opening(url))
        let report = await runner.run { print($0.line) }
        print(report.summary)
        guard report.succeeded else { throw ExitCode.failure }
        if let against { try await compare(runner, ConformanceRunner(open: Self.opening(against))) }
    }

    private func compare(_ first: ConformanceRunner, _ second: ConformanceRunner) async throws {
        let script = Differential(seed: seed ?? UInt64.random(in: .min ... .max))
        guard let difference = try await script.run(first, against: second) else {
            return print("no difference in \(script.operations) operations (--seed \(script.seed))")
        }
        print(difference)
        throw ExitCode.failure
    }

    private static func opening(_ url: String) -> ConformanceRunner.Open {
        { settings in
            let backend = try BrokerRegistry(settings: settings).backend(for: url)
            return ConformanceHandles(writer: try await backend.open(), reader: try await backend.open())
        }
    }
}
