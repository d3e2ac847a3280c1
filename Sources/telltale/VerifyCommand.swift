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

    func run() async throws {
        let report = await ConformanceRunner(open: Self.opening(url)).run { print($0.line) }
        print(report.summary)
        guard report.succeeded else { throw ExitCode.failure }
    }

    private static func opening(_ url: String) -> ConformanceRunner.Open {
        { settings in
            let backend = try BrokerRegistry(settings: settings).backend(for: url)
            return ConformanceHandles(writer: try await backend.open(), reader: try await backend.open())
        }
    }
}
