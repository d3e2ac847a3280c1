/// What is to be sent, and who wants the answer.
struct Submission: Sendable {
    enum Content: Sendable {
        case query(Query)
        case script(String)
    }

    let content: Content
    /// How long the server may be silent when it is this one's turn.
    let timeout: Duration
    let completion: PostgresConnection.Completion
    /// About the bytes on the wire.
    let size: Int

    init(_ content: Content, timeout: Duration, completion: @escaping PostgresConnection.Completion) {
        (self.content, self.timeout, self.completion) = (content, timeout, completion)
        size =
            switch content {
            case .query(let query): query.size
            case .script(let sql): sql.utf8.count + 64
            }
    }

    var isScript: Bool { if case .script = content { true } else { false } }
}
