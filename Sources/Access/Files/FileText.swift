import Foundation

/// The files that keys stand in.
enum FileText {
    /// The largest that is read, in bytes.
    static let maximumBytes = 1 << 20

    /// - Parameter key: the configuration's, for the error.
    static func read(_ path: String, key: String) throws(AccessSetupError) -> [UInt8] {
        guard let file = fopen(path, "re") else { throw failure(path, key) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else { throw failure(path, key) }
        guard count <= maximumBytes else { throw AccessSetupError(key: key, "\(path) is larger than 1 MiB") }
        return Array(bytes[..<count])
    }

    private static func failure(_ path: String, _ key: String) -> AccessSetupError {
        AccessSetupError(key: key, "\(path) can't be read: \(String(cString: strerror(errno)))")
    }
}

/// By what a changed file is told from the one that was read: one that was written over, or put in its place.
struct FileStamp: Hashable, Sendable {
    private let node: Int?
    private let bytes: Int?
    private let changed: Date?

    /// `nil`: there is no such file. Links are followed: what is mounted as a secret is changed by turning one.
    init?(_ path: String) {
        let path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
        node = attributes[.systemFileNumber] as? Int
        bytes = attributes[.size] as? Int
        changed = attributes[.modificationDate] as? Date
    }
}
