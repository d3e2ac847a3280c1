/// Why a server did not do what it was asked.
enum RedisError: Error, Hashable, Sendable {
    /// There is no connection, it broke, or the server took too long. Whether a command that was under way was carried out is unknown.
    case unreachable(reason: String)
    /// The server answered with an error; nothing was done. Its own words.
    case refused(String)
    /// The server can be reached and can't be used as it is: the password, its version, a missing permission, its kind. In words
    /// that say which it is and what to do. At the start this ends it; later it is tried again.
    case unusable(String)
}
