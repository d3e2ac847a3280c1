/// A configuration, and how it came to be.
package struct LoadedConfig: Hashable, Sendable {
    package let config: GatewayConfig
    /// Where each value comes from that a source has set, by key path.
    package let origins: [String: ConfigOrigin]
    /// A line each, for the log: variables that no key has.
    package let warnings: [String]

    /// Reads all sources: flags win over the environment, which wins over the file, which wins over the defaults.
    /// - Parameters:
    ///   - file: its path; `nil`: there is none.
    ///   - environment: all variables of the process; only those that begin with `TELLTALE_` count.
    ///   - flags: those that were given.
    /// - Throws: ``ConfigError`` with every problem of every source, those of values that another source overrides too.
    package static func load(
        file: String?, environment: [String: String] = [:], flags: [ConfigFlag] = []
    ) throws(ConfigError) -> LoadedConfig {
        var readings: [SourceReading] = []
        if let file {
            do throws(ConfigFailure) {
                readings.append(FileReading.read(try ConfigFile.read(file)))
            } catch {
                readings.append(SourceReading(problems: [error.problem]))
            }
        }
        readings.append(EnvironmentReading.read(environment, namespaces: readings.flatMap(\.namespaces)))
        readings += flags.map { $0.read() }
        return try Resolution.resolve(readings)
    }
}
