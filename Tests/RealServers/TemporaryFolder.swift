import Foundation

/// Folders of servers.
enum TemporaryFolder {
    /// A new folder that only this user reads.
    /// - Parameter kind: a word for its name.
    static func make(_ kind: String) throws -> String {
        let pattern = "\(NSTemporaryDirectory())/telltale-\(kind)-XXXXXX"
        return try pattern.withCString { text in
            guard let copy = strdup(text) else { throw ServerFailure("out of memory") }
            defer { free(copy) }
            guard mkdtemp(copy) != nil else { throw ServerFailure("can't make \(pattern)") }
            return String(cString: copy)
        }
    }
}
