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
            "Without anything: the memory broker, on 127.0.0.1:8080. Ends on SIGTERM and SIGINT, after its readers were told, and "
            + "at once when told again. Reads its configuration again on SIGHUP, and when the file changes."
    )

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let loaded = try settings.load()
        let caught = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        Descriptors.raise()
        let threshold = LogThreshold(loaded.config.log.level)
        let logger = Logger(label: "telltale") { _ in
            LineLogHandler(format: loaded.config.log.format, threshold: threshold)
        }
        for warning in loaded.warnings { logger.warning("\(warning)") }
        let live = LiveConfig(loaded.config)
        live.onReload { config in { threshold.set(config.log.level) } }
        let gateway = Gateway(live: live, broker: try await loaded.openBroker(logger: logger), logger: logger) { port in
            announce(loaded.config, port, logger)
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: gateway, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }))
        let reloading = ConfigReloading(live: live, file: settings.file, logger: logger, load: settings.load)
        let signals = Task {
            await ServeSignals(caught: caught, group: group, reloading: reloading, logger: logger).run()
        }
        let changes = Task { await reloading.watchFile() }
        defer {
            signals.cancel()
            changes.cancel()
        }
        try await group.run()
    }

    private func announce(_ config: GatewayConfig, _ port: Int, _ logger: Logger) {
        logger.info(
            "listening",
            metadata: [
                "address": "\(config.listen.scheme)://\(config.listen.host):\(port)",
                "broker": "\(Secrets.mask(config.broker.url))",
                "descriptors": "\(Descriptors.limit)",
                "connections": "\(Connections.most(config.limits.connections))",
            ])
    }
}
