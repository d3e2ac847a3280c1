import ArgumentParser
import BrokerRegistry

/// `telltale schema`: what a Postgres broker needs in its database, for those who put it there themselves.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the SQL of a Postgres broker's tables and functions.",
        discussion: """
            `telltale schema | psql DATABASE` does what the gateway does at its first start, where its role may. At the end stand, as \
            comments, the grants for a gateway's and a producer's role that own nothing. Nothing is connected.
            """)

    @Option(help: "The schema's name (default: broker.postgres.schema of the configuration, \"telltale\").")
    var schema: String?

    @Option(help: "The configuration file (or TELLTALE_CONFIG).")
    var config: String?

    func run() throws {
        var registry = try SettingsOptions.load(config: config).registry
        if let schema { registry.postgres.schema = schema }
        do { print(try registry.postgresSchema(), terminator: "") } catch { throw ValidationError("\(error)") }
    }
}
