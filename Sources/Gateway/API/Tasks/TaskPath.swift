import HTTPTypes
import Tasks

/// A path under `/v1/tasks/`: a task, or what is asked of it. An id's own slashes may be escaped or not, but one that ends in
/// `/log` has to be sent as `%2Flog`.
struct TaskPath {
    /// What the last segment may ask for.
    enum Verb: String, CaseIterable {
        case log, cancel
    }

    static let prefix = "/v1/tasks/"

    /// The id, as it was sent.
    private let text: Substring
    let verb: Verb?

    /// `nil` for a path that is not under ``prefix``.
    init?(_ path: String) {
        guard path.hasPrefix(Self.prefix) else { return nil }
        let rest = path.dropFirst(Self.prefix.count)
        if let verb = Verb.allCases.first(where: { rest.hasSuffix("/\($0.rawValue)") }) {
            self.verb = verb
            text = rest.dropLast(verb.rawValue.count + 1)
        } else {
            verb = nil
            text = rest
        }
    }

    /// - Throws: ``Problem`` when it is no task's id.
    func id(in namespace: TaskNamespace) throws(Problem) -> TaskID {
        guard let id = Percent.decode(text) else {
            throw Problem(.badRequest, "invalid_id", "\"\(text.prefix(64))\" is not percent-encoded UTF-8")
        }
        return try namespace.task(id)
    }

    /// Where a task is found.
    static func location(of id: TaskID) -> String { prefix + Percent.encode(id.rawValue) }
}
