import Logging

extension CommandLink {
    /// Calls functions, pipelined behind what is under way. Safe to call from any thread; makes no task.
    ///
    /// What a server says of its own state (out of memory, loading, demoted …) comes as ``RedisError/unusable(_:)``.
    /// Errors about one command, and a cluster's redirections, come as ``RedisError/refused(_:)``.
    func send(_ calls: [Call], asking: Bool = false, completion: @escaping Completion) {
        switch session() {
        case .failure(let error): completion(calls.map { _ in .failure(error) })
        case .success(let session):
            session.connection.send(session.commands(calls, asking: asking)) { answers in
                self.finish(calls, asking, session, asking ? Self.withoutAsking(answers) : answers, completion)
            }
        }
    }

    /// Sends commands that are no function's calls.
    func send(_ commands: [Command], completion: @escaping Completion) {
        switch session() {
        case .failure(let error): completion(commands.map { _ in .failure(error) })
        case .success(let session):
            session.connection.send(commands) { completion(self.judged($0, session)) }
        }
    }

    func send(_ calls: [Call], asking: Bool = false) async -> [Result<Reply, RedisError>] {
        await withCheckedContinuation { continuation in
            send(calls, asking: asking) { continuation.resume(returning: $0) }
        }
    }

    func send(_ commands: [Command]) async -> [Result<Reply, RedisError>] {
        await withCheckedContinuation { continuation in send(commands) { continuation.resume(returning: $0) } }
    }

    /// Repeats, once, what failed because the functions were missing.
    private func finish(
        _ calls: [Call], _ asking: Bool, _ session: CommandSession, _ answers: [Result<Reply, RedisError>],
        _ completion: @escaping Completion
    ) {
        let missing = answers.indices.filter { answers[$0].refusal == .missingLibrary }
        guard !missing.isEmpty, answers.count == calls.count else { return completion(judged(answers, session)) }
        logger.notice("Redis: the functions were gone from the server, and are loaded again")
        let load = handshake.library.load(in: session.mode)
        let repeated = session.commands(missing.map { calls[$0] }, asking: asking)
        session.connection.send([load] + repeated) { results in
            let again = asking ? Self.withoutAsking(Array(results.dropFirst())) : Array(results.dropFirst())
            var answers = answers
            for (index, answer) in zip(missing, again) {
                answers[index] = answer
                // What kept it from being loaded says more than that it is still missing.
                guard case .failure(let error)? = results.first, answer.refusal == .missingLibrary else { continue }
                let isJudgedBelow = results[0].refusal.map { $0 != .other } ?? false
                answers[index] = .failure(
                    isJudgedBelow ? error : self.handshake.judged(error, load, at: session.endpoint))
            }
            completion(self.judged(answers, session))
        }
    }

    /// Says what a server's errors mean, and leaves a server that is no primary any more.
    private func judged(
        _ answers: [Result<Reply, RedisError>], _ session: CommandSession
    ) -> [Result<Reply, RedisError>] {
        guard answers.contains(where: { $0.refusal.map { $0 != .other } ?? false }) else { return answers }
        return answers.map { answer in
            switch answer.refusal {
            case .demoted:
                let error = RedisError.unusable("Redis at \(session.endpoint) is a replica now")
                leave(session, error)
                return .failure(error)
            case .unavailable(let words): return .failure(.unusable(words))
            case .missingLibrary: return .failure(.unusable("Redis at \(session.endpoint) does not keep the functions"))
            case .other, nil: return answer
            }
        }
    }

    private static func withoutAsking(_ answers: [Result<Reply, RedisError>]) -> [Result<Reply, RedisError>] {
        answers.indices.filter { $0 % 2 == 1 }.map { answers[$0] }
    }
}

extension Result<Reply, RedisError> {
    fileprivate var refusal: Refusal? {
        if case .failure(.refused(let words)) = self { Refusal(words) } else { nil }
    }
}
