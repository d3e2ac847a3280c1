import ArgumentParser
import Foundation
import Gateway
import GatewayConfig
import Logging

/// `telltale check`: what is wrong in a configuration, or what it comes to.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say what is wrong in a configuration, or print the effective one.",
        discussion:
            "Environment variables are taken into account. Secrets are masked. Nothing is connected. Exit status 1: it is wrong."
    )

    @Argument(help: "The configuration file (default: none, or TELLTALE_CONFIG).")
    var file: String?

    @Flag(help: "Print every key there is, with its default and meaning, as a Markdown table.")
    var keys = false

    func run() throws {
        if keys { return print(GatewayConfig.renderMarkdownTable(), terminator: "") }
        let environment = ProcessInfo.processInfo.environment
        let loaded = try LoadedConfig.load(file: file ?? environment["TELLTALE_CONFIG"], environment: environment)
        try Gateway.check(loaded.config)
        _ = try loaded.backend(logger: Logger(label: "telltale") { _ in SwiftLogNoOpLogHandler() })
        print(loaded.config.renderJSON(), terminator: "")
        for line in loaded.warnings + loaded.renderOrigins() { Console.note(line) }
    }
}
