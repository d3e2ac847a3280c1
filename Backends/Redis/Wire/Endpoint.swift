/// Where a server listens.
enum Endpoint: Hashable, Sendable, CustomStringConvertible {
    case host(String, port: Int)
    /// A path in the file system.
    case unix(String)

    var description: String {
        switch self {
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}
