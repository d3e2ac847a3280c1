/// Everything that is wrong with a configuration, in the order of the sources.
package struct ConfigError: Error, Hashable, Sendable, CustomStringConvertible {
    /// At least one.
    package let problems: [ConfigProblem]

    /// A line a problem.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// One thing that is wrong. No description shows a secret.
package struct ConfigProblem: Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// A value of the wrong type, out of range, or at odds with another key.
        case value(found: String, allowed: String)
        /// No such key; `nearest` is the path of one that may have been meant, `known` are the names there.
        case unknownKey(nearest: String?, known: [String])
        /// The key stands in its object twice; first at `first` (`line:column`).
        case duplicateKey(first: String)
        /// The file is no JSON.
        case syntax(String)
        /// The file can't be read.
        case unreadable(String)
    }

    /// The key path, the variable, the flag, or the file.
    package let subject: String
    /// Where it stands (`file:line:column`), or which key the variable or the flag sets.
    package let place: String?
    package let reason: Reason

    package var description: String {
        let head = place.map { "\(subject) (\($0))" } ?? subject
        return switch reason {
        case .value(let found, let allowed): "\(head): found \(found); allowed: \(allowed)"
        case .unknownKey(let nearest?, _): "\(head): unknown key; did you mean \(nearest)?"
        case .unknownKey(nil, let known): "\(head): unknown key; known here: \(known.joined(separator: ", "))"
        case .duplicateKey(let first): "\(head): found twice, first at \(first); allowed: once"
        case .syntax(let reason): "\(head): no valid JSON: \(reason)"
        case .unreadable(let reason): "\(head): can't be read: \(reason)"
        }
    }
}
