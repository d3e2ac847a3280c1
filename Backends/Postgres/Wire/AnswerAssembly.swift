import CLibpq

/// Puts the answer to one query or script together, from what libpq gives for it.
///
/// libpq's rules (its manual, "Asynchronous Command Processing" and "Pipeline Mode"): a query is answered by a result,
/// then by NULL; an error that comes with its commit by one more of each; then by the result of its Sync, and only this
/// says that it is committed. A script is answered by a result for each statement, then by NULL.
struct AnswerAssembly {
    enum Step {
        case more
        case whole
        case scriptIsOver
        /// The connection is of no more use.
        case broken
    }

    /// Why the connection ends, in the server's words or a pooler's.
    private(set) var lastWords: ServerError?
    private var answer: Result<Rows, PostgresError>?
    /// Whether the next that libpq gives must be NULL.
    private var owesNull = false

    /// Takes over a result of libpq.
    mutating func take(_ result: OpaquePointer?, isScript: Bool) -> Step {
        defer { owesNull = result != nil }
        // libpq has nothing more to give, and there should be something.
        guard let result else { return isScript ? .scriptIsOver : owesNull ? .more : .broken }
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            let rows = Rows(result)
            if answer == nil { answer = .success(rows) }
            return .more
        default:
            defer { PQclear(result) }
            return takeOther(result)
        }
    }

    private mutating func takeOther(_ result: OpaquePointer) -> Step {
        switch PQresultStatus(result) {
        case PGRES_PIPELINE_SYNC: return .whole
        case PGRES_PIPELINE_ABORTED: return .more
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            hear(last: ServerError(sqlState: "0A000", message: "COPY is not spoken here"))
            return .broken
        default:
            guard let error = ServerError(result) else { return .broken }
            if ServerError.isLast(result) { hear(last: error) }
            fail(error)
            return .more
        }
    }

    /// The first say why: a pooler adds its own to the server's.
    mutating func hear(last words: ServerError) { lastWords = lastWords ?? words }

    /// The first error says what happened; it also counts when all went well before.
    mutating func fail(_ error: ServerError) {
        if case .failure = answer { return }
        answer = .failure(.server(error))
    }

    /// The answer, if there is one; the next begins.
    mutating func finish() -> Result<Rows, PostgresError>? {
        owesNull = false
        return answer.take()
    }
}
