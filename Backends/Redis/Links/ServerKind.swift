/// What kind of server a URL promises.
enum ServerKind: Sendable {
    /// One that holds every key, found by its address or through sentinels.
    case single
    /// A node of a cluster.
    case cluster
}
