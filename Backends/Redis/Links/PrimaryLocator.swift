/// Knows where the server is that takes writes. It is asked before each connection, so a primary that moved is found.
protocol PrimaryLocator: Sendable {
    /// - Throws: ``RedisError/unreachable(reason:)`` when nobody can say, ``RedisError/unusable(_:)`` when who can say
    ///   does not know it.
    func locate() async throws(RedisError) -> Endpoint
}
