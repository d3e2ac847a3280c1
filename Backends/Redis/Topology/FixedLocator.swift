/// A primary that stays where it is.
struct FixedLocator: PrimaryLocator {
    let endpoint: Endpoint

    func locate() async throws(RedisError) -> Endpoint { endpoint }
}
