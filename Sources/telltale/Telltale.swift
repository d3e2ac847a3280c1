import ArgumentParser
import Gateway
import Glibc

/// The command line: one command a file.
@main
struct Telltale: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "telltale",
        abstract: "Shows browsers what background work is doing.",
        discussion: "Start with `telltale serve`, then `telltale run -- COMMAND` in another terminal.",
        version: Version.text,
        subcommands: [
            ServeCommand.self, RunCommand.self, PublishCommand.self, TailCommand.self, TokenCommand.self,
            CheckCommand.self, VerifyCommand.self, CopyCommand.self, SchemaCommand.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            exit(error)
        }
    }

    /// Exit status: 0 done, 1 it failed, 2 usage. Errors are one line on standard error; help goes to standard output.
    private static func exit(_ error: any Error) -> Never {
        let status = exitCode(for: error)
        switch status {
        case .success:
            print(fullMessage(for: error))
            Glibc.exit(0)
        case .validationFailure:
            Console.note("\(message(for: error)) (telltale --help says what there is)")
            Glibc.exit(2)
        default:
            if !(error is ExitCode) { Console.note("\(message(for: error))") }
            Glibc.exit(status.rawValue)
        }
    }
}
