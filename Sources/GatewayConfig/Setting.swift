/// Where a value comes from.
package enum ConfigOrigin: Hashable, Sendable, CustomStringConvertible {
    /// `position` is `line:column`.
    case file(path: String, position: String)
    case environment(variable: String)
    case flag(name: String)

    package var description: String {
        switch self {
        case .file(let path, let position): "\(path):\(position)"
        case .environment(let variable): variable
        case .flag(let name): name
        }
    }
}

/// One key given a value by one source.
struct Setting {
    let key: Key
    /// The namespace, if the key is one that every namespace has.
    let namespace: String?
    let raw: RawValue
    let origin: ConfigOrigin

    var path: String { KeyPathText.join(key.path(namespace: namespace)) }

    /// The complaint that the value is not allowed.
    var refusal: ConfigProblem {
        problem(found: raw.shown(mask: key.mask ?? { $0 }), allowed: key.allowed)
    }

    func problem(found: String, allowed: String) -> ConfigProblem {
        let reason = ConfigProblem.Reason.value(found: found, allowed: allowed)
        return switch origin {
        case .file: ConfigProblem(subject: path, place: origin.description, reason: reason)
        case .environment, .flag: ConfigProblem(subject: origin.description, place: path, reason: reason)
        }
    }
}

/// What one source says.
struct SourceReading {
    var settings: [Setting] = []
    /// Namespaces that are named, even if nothing is set for them.
    var namespaces: [String] = []
    var problems: [ConfigProblem] = []
    var warnings: [String] = []
}
