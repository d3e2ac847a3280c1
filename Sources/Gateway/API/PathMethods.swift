import HTTPTypes

/// Which methods each path has, to tell a path that there is not from a method that it does not have (RFC 9110 §15.5.6).
struct PathMethods: Sendable {
    private static let everything = "/**"

    private var exact: [String: [HTTPRequest.Method]] = [:]
    /// By what stands before ``everything``.
    private var below: [String: [HTTPRequest.Method]] = [:]

    mutating func add(_ methods: [HTTPRequest.Method], to path: String) {
        if path.hasSuffix(Self.everything) {
            below[String(path.dropLast(Self.everything.count)), default: []] += methods
        } else {
            exact[path, default: []] += methods
        }
    }

    /// The methods of a path, as `Allow` has them; `nil`: there is no such path.
    /// - Parameter path: slashes that are doubled, or at its end, count for nothing, as in the router.
    func allowed(_ path: some StringProtocol) -> String? {
        let path = "/" + path.split(separator: "/").joined(separator: "/")
        let methods = exact[path] ?? below.first { path.hasPrefix($0.key + "/") }?.value
        return methods?.map(\.rawValue).joined(separator: ", ")
    }
}
