/// Waiting that ends.
enum Deadline {
    /// The body's result, or a failure that names what was waited for. A body that goes on after its cancellation is
    /// left behind.
    static func within<Value: Sendable>(
        _ limit: Duration, waitingFor what: String, file: String = #fileID, line: Int = #line,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let (results, answer) = AsyncStream.makeStream(
            of: Result<Value, any Error>.self, bufferingPolicy: .bufferingOldest(1))
        let work = Task {
            do { answer.yield(.success(try await body())) } catch { answer.yield(.failure(error)) }
        }
        let clock = Task {
            try await Task.sleep(for: limit)
            answer.yield(.failure(ConformanceFailure("waited \(limit) for \(what)", file: file, line: line)))
        }
        defer {
            work.cancel()
            clock.cancel()
        }
        for await result in results { return try result.get() }
        throw CancellationError()
    }
}
