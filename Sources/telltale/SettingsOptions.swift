import ArgumentParser
import Foundation
import GatewayConfig

/// Where the configuration comes from: flag over environment over file.
struct SettingsOptions: ParsableArguments {
    @Option(help: "The configuration file (or TELLTALE_CONFIG).")
    var config: String?

    @Option(help: "The broker's URL: memory:, redis://HOST:PORT/DB, postgres://HOST:PORT/DB …")
    var broker: String?

    @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port"))
    var listen: String?

    /// The configuration file, if there is one.
    var file: String? { config ?? ProcessInfo.processInfo.environment["TELLTALE_CONFIG"] }

    /// - Throws: `ConfigError`, with every problem.
    @Sendable func load() throws -> LoadedConfig {
        let flags = [broker.map(ConfigFlag.broker), listen.map(ConfigFlag.listen)].compactMap { $0 }
        return try Self.load(config: config, flags: flags)
    }

    /// The same for a command that has fewer options.
    /// - Throws: `ConfigError`, with every problem.
    static func load(config: String?, flags: [ConfigFlag] = []) throws -> LoadedConfig {
        let environment = ProcessInfo.processInfo.environment
        return try LoadedConfig.load(
            file: config ?? environment["TELLTALE_CONFIG"], environment: environment, flags: flags)
    }
}
