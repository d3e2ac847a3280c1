import Foundation

/// A configuration file's bytes.
struct ConfigFile {
    /// The largest file that is read, in bytes.
    static let maximumBytes = 1 << 20

    let path: String
    let bytes: [UInt8]

    /// - Throws: the problem, with the system's reason.
    static func read(_ path: String) throws(ConfigFailure) -> ConfigFile {
        guard let file = fopen(path, "r") else { throw ConfigFailure(path, .unreadable(systemReason)) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else { throw ConfigFailure(path, .unreadable(systemReason)) }
        guard count <= maximumBytes else {
            throw ConfigFailure(path, .unreadable("larger than \(SizeText.render(maximumBytes))"))
        }
        return ConfigFile(path: path, bytes: Array(bytes[..<count]))
    }

    private static var systemReason: String { String(cString: strerror(errno)) }
}

/// A problem as an error, inside this module.
struct ConfigFailure: Error {
    let problem: ConfigProblem

    init(_ subject: String, _ reason: ConfigProblem.Reason, place: String? = nil) {
        problem = ConfigProblem(subject: subject, place: place, reason: reason)
    }
}
