import HTTPTypes

/// Which methods each path has, to tell a path that there is not from a method that it does not have (RFC 9110 §15.5.6).
struct PathMethods: Sendable {
    private static let everything = "/**"

    /// What stands before ``everything`` and behind it.
    private struct Pattern: Hashable {
        let prefix: String
        let suffix: String

        /// Whether something stands where everything may.
        func matches(_ path: String) -> Bool {
            path.utf8.count > prefix.utf8.count + 1 + suffix.utf8.count && path.hasPrefix(prefix + "/")
                && path.hasSuffix(suffix)
        }
    }

    private var exact: [String: [HTTPRequest.Method]] = [:]
    private var patterns: [Pattern: [HTTPRequest.Method]] = [:]

    /// - Parameter path: segments; `/**` stands for at least one, whichever they are, and further ones may stand behind it.
    mutating func add(_ methods: [HTTPRequest.Method], to path: String) {
        if let parts = path.firstRange(of: Self.everything) {
            let pattern = Pattern(prefix: String(path[..<parts.lowerBound]), suffix: String(path[parts.upperBound...]))
            patterns[pattern, default: []] += methods
        } else {
            exact[path, default: []] += methods
        }
    }

    /// The methods of a path, as `Allow` has them; `nil`: there is no such path. What names more of it counts.
    /// - Parameter path: slashes that are doubled, or at its end, count for nothing, as in the router.
    func allowed(_ path: some StringProtocol) -> String? {
        let path = "/" + path.split(separator: "/").joined(separator: "/")
        let found = patterns.filter { $0.key.matches(path) }.max { $0.key.suffix.utf8.count < $1.key.suffix.utf8.count }
        let methods = exact[path] ?? found?.value
        return methods?.map(\.rawValue).joined(separator: ", ")
    }
}
