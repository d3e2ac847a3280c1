import NIOCore

/// The commands that were sent and have no answer yet, in order. Pure: no I/O.
struct CommandsUnderWay {
    private struct Entry {
        let completion: @Sendable ([RedisConnection.Answer]) -> Void
        let count: Int
        let size: Int
        /// How many bytes the connection had been given up to the end of these commands.
        let end: UInt64
        var answers: [RedisConnection.Answer] = []
    }

    /// Commands that were sent together and are all answered.
    struct Answered {
        let completion: @Sendable ([RedisConnection.Answer]) -> Void
        let answers: [RedisConnection.Answer]
        let size: Int
    }

    enum Step {
        case more
        case whole(Answered)
        /// There was nothing to answer.
        case unasked
    }

    /// Apart from the rest, because it changes in place with every answer.
    private var first: Entry?
    private var rest = CircularBuffer<Entry>()

    var isEmpty: Bool { first == nil }

    /// The end of the oldest commands, in bytes given to the connection.
    var firstEnd: UInt64? { first?.end }

    mutating func add(_ submission: Submission, end: UInt64) {
        guard let completion = submission.completion else { return }
        let entry = Entry(completion: completion, count: submission.commands.count, size: submission.size, end: end)
        if first == nil { first = entry } else { rest.append(entry) }
    }

    mutating func answer(_ reply: Reply) -> Step {
        guard let count = first?.count else { return .unasked }
        let answer: RedisConnection.Answer =
            if case .error(let text) = reply { .failure(.refused(text)) } else { .success(reply) }
        if first?.answers.isEmpty == true { first?.answers.reserveCapacity(count) }
        first?.answers.append(answer)
        guard let entry = first, entry.answers.count == count else { return .more }
        first = rest.popFirst()
        return .whole(Answered(completion: entry.completion, answers: entry.answers, size: entry.size))
    }

    /// Ends everything: what was answered stays so, the rest fails.
    mutating func fail(_ error: RedisError) {
        while let entry = first {
            first = rest.popFirst()
            let missing = entry.count - entry.answers.count
            entry.completion(entry.answers + Array(repeating: .failure(error), count: missing))
        }
    }
}
