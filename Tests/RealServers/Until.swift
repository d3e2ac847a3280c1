/// Asks again and again until something that another process does has happened.
/// - Parameter limit: past it ``ServerFailure`` says that `what` was waited for.
package func until(
    _ what: String, within limit: Duration = .seconds(45), isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now + limit
    while try await !condition() {
        guard clock.now < end else { throw ServerFailure("waited for \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}
