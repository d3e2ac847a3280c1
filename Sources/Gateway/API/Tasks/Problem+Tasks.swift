import BrokerCore
import HTTPTypes
import Tasks

extension Problem {
    init(_ error: TaskError) {
        switch error {
        case .broker(let error):
            self.init(error)
        case .invalid:
            self.init(.badRequest, error.code, error.detail)
        case .unknown(let id):
            self.init(.notFound, error.code, error.detail)
            values = [("id", .text(id.rawValue)), ("state", .text(TaskSnapshot.unknown))]
        case .illegalTransition(_, let current, let attempt), .fenced(_, let current, let attempt):
            self.init(.conflict, error.code, error.detail)
            values = [
                ("state", .text(current?.rawValue ?? TaskSnapshot.unknown)), ("attempt", .number(attempt)),
            ]
        case .busy:
            self.init(.serviceUnavailable, error.code, error.detail)
            retryLater()
        }
    }
}

extension TaskNamespace {
    /// - Throws: ``Problem`` when it is no task's id.
    func task(_ id: String) throws(Problem) -> TaskID {
        do throws(TaskError) { return try TaskID(id, namespace: self) } catch { throw Problem(error) }
    }
}

extension Publication {
    /// A task's states, the last of which closes its channel, only the tasks' own routes publish: the state machine is theirs.
    /// - Throws: ``Problem`` for what would be, or look like, a state of a task.
    func checkReserved(_ namespace: TaskNamespace) throws(Problem) {
        guard closes || event == TaskNames.state || keeping.key == TaskNames.stateKey,
            let own = channel.namespace, own == namespace.name
        else { return }
        let what = closes ? "its end" : "its state"
        throw Problem(
            .badRequest, "reserved",
            "\"\(channel)\" is a task: \(what) is written by PATCH /v1/tasks/…, not by publishing")
    }
}
