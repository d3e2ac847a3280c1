import ArgumentParser
import Gateway
import GatewayConfig
import Logging
import ServiceLifecycle
import UnixSignals

/// `telltale serve`: the gateway.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the gateway.",
        discussion:
            "Without anything: the memory broker, on 127.0.0.1:8080. Ends on SIGTERM and SIGINT, after its readers were told."
    )

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let loaded = try settings.load()
        let config = loaded.config
        Descriptors.raise()
        var logger = Logger(label: "telltale") { _ in LineLogHandler(format: config.log.format) }
        logger.logLevel = Logger.Level(rawValue: config.log.level.rawValue) ?? .info
        for warning in loaded.warnings { logger.warning("\(warning)") }
        let broker = try await loaded.openBroker(logger: logger)
        let ready = logger
        let gateway = Gateway(config: config, broker: broker, logger: logger) { port in
            ready.info(
                "listening",
                metadata: [
                    "address": "http://\(config.listen.host):\(port)", "broker": "\(Secrets.mask(config.broker.url))",
                    "descriptors": "\(Descriptors.limit)",
                ])
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: gateway, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }))
        try await group.run()
    }
}
