import BrokerCore
import Logging
import RealServers
import Testing

@testable import PostgresBroker

/// Opens a handle and runs `body` with it, running; then the handle is gone.
func withBroker<Result: Sendable>(
    _ url: String, listenURL: String? = nil, schema: String = "telltale",
    publish: PostgresOptions.Publish = .notify, settings: BrokerSettings = BrokerSettings(),
    logger: Logger = .silent, _ body: (PostgresBroker) async throws -> Result
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

/// The line with which a start fails, behind the key that it is about; `nil`: it succeeded.
func refusal(
    _ url: String, listenURL: String? = nil, schema: String = "telltale"
) async throws -> String? {
    do {
        try await withBroker(url, listenURL: listenURL, schema: schema) { _ in }
        return nil
    } catch let error as PostgresOpeningError {
        #expect(!error.description.contains { $0.isNewline })
        #expect(!error.description.contains("hush"))
        return (error.key.map { "\($0): " } ?? "") + error.description
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
