import BrokerCore
import Foundation
import Logging
import Testing

@testable import PostgresBroker

/// Opens a handle and runs `body` with it, running; then the handle is gone.
func withBroker<Result: Sendable>(
    _ url: String, listenURL: String? = nil, schema: String = "telltale",
    publish: PostgresOptions.Publish = .notify, settings: BrokerSettings = BrokerSettings(),
    logger: Logger = quiet, _ body: (PostgresBroker) async throws -> Result
) async throws -> Result {
    let options = try PostgresOptions(url: url, listenURL: listenURL, schema: schema, publish: publish)
    let broker = try await PostgresBroker.open(options, settings: settings, logger: logger)
    let running = Task { try await broker.run() }
    do {
        let result = try await body(broker)
        running.cancel()
        _ = await running.result
        return result
    } catch {
        running.cancel()
        _ = await running.result
        throw error
    }
}

/// The line with which a start fails; `nil`: it succeeded.
func refusal(
    _ url: String, listenURL: String? = nil, schema: String = "telltale"
) async throws -> String? {
    do {
        try await withBroker(url, listenURL: listenURL, schema: schema) { _ in }
        return nil
    } catch let error as PostgresOpeningError {
        #expect(!error.description.contains { $0.isNewline })
        #expect(!error.description.contains("hush"))
        return error.description
    }
}

/// Expects that a start fails with a line that holds all of these.
func expectRefusal(
    _ url: String, listenURL: String? = nil, schema: String = "telltale", saying words: String...,
    at location: SourceLocation = #_sourceLocation
) async throws {
    let line = try await refusal(url, listenURL: listenURL, schema: schema)
    for word in words { #expect(line?.contains(word) == true, "\(line ?? "it opened")", sourceLocation: location) }
}

/// Remembers what is logged.
struct RecordingLog: LogHandler {
    private let lines = Locked<[String]>([])
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    var logger: Logger { Logger(label: "test") { _ in self } }

    func contains(_ words: String) -> Bool { lines.withLock { $0.contains { $0.contains(words) } } }

    func log(event: LogEvent) { lines.withLock { $0.append("\(event.message)") } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}
