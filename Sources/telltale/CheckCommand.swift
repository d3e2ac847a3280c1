import ArgumentParser
import BrokerRegistry
import Foundation
import GatewayConfig

/// `telltale check`: what is wrong in a configuration, or what it comes to.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say what is wrong in a configuration, or print the effective one.",
        discussion: "Environment variables are taken into account. Secrets are masked. Exit status 1: it is wrong.")

    @Argument(help: "The configuration file (default: none, or TELLTALE_CONFIG).")
    var file: String?

    @Flag(help: "Print every key there is, with its default and meaning, as a Markdown table.")
    var keys = false

    func run() throws {
        if keys { return print(GatewayConfig.renderMarkdownTable(), terminator: "") }
        let environment = ProcessInfo.processInfo.environment
        let loaded = try LoadedConfig.load(file: file ?? environment["TELLTALE_CONFIG"], environment: environment)
        _ = try BrokerRegistry(settings: loaded.config.brokerSettings).backend(for: loaded.config.broker.url)
        print(loaded.config.renderJSON(), terminator: "")
        for line in loaded.warnings + loaded.renderOrigins() { Console.note(line) }
    }
}
