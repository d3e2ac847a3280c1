import UnixSignals

/// Work that SIGINT and SIGTERM cancel rather than cut off, so that it can clean up behind itself.
enum Interruption {
    /// Returns when the work has ended, in whatever way.
    static func cancels(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let work = Task { try await work() }
        let watch = Task {
            for await _ in signals { work.cancel() }
        }
        defer { watch.cancel() }
        try await work.value
    }
}
