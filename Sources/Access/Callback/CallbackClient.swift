import BrokerCore
import GatewayConfig
import Logging

/// Asks the application who may do what, and keeps its answers for a while. It fails closed: whatever is no clear yes
/// allows nothing.
final class CallbackClient: Sendable {
    /// Answers that are kept.
    static let mostAnswers = 50_000
    /// Different questions at once; one more is refused. A question counts until it is answered, whoever still waits for that.
    static let mostUnderWay = 4096
    /// The same, of one address (IPv6: of one /64): whoever asks much leaves room for others.
    static let mostOfOneNetwork = 256
    /// How often a failure is logged at most, in milliseconds.
    private static let logInterval: Int64 = 10_000
    /// The longest answer, in bytes.
    private static let maximumBytes = 16 << 10

    let settings: GatewayConfig.Auth.Callback
    private let url: String
    private let clock: AccessClock
    private let logger: Logger
    private let state = Locked(State())

    private struct State {
        var answers = BoundedCache<CallbackQuestion.Key, Kept>(maximum: mostAnswers)
        var underWay: [CallbackQuestion.Key: Task<CallbackAnswer, Never>] = [:]
        /// How many of ``underWay`` there are by where they come from.
        var counts: [String: Int] = [:]
        /// When a failure was last logged, and how many were not since.
        var loggedAt: Int64?
        var unlogged = 0
    }

    private struct Kept: Sendable {
        let answer: CallbackAnswer
        /// By the steady clock.
        let until: Int64
    }

    init(url: String, _ settings: GatewayConfig.Auth.Callback, clock: AccessClock, logger: Logger) {
        (self.url, self.settings, self.clock, self.logger) = (url, settings, clock, logger)
    }

    /// An answer that still holds.
    func known(_ question: CallbackQuestion) -> CallbackAnswer? {
        let now = clock.steady()
        return state.withLock { state in
            state.answers[question.key].flatMap { now < $0.until ? $0.answer : nil }
        }
    }

    /// The application's answer. All who have the same question at once share one request.
    func ask(_ question: CallbackQuestion) async -> CallbackAnswer {
        let (key, network) = (question.key, question.network)
        let task = state.withLock { state -> Task<CallbackAnswer, Never>? in
            if let task = state.underWay[key] { return task }
            let count = state.counts[network] ?? 0
            guard state.underWay.count < Self.mostUnderWay, count < Self.mostOfOneNetwork else { return nil }
            let task = Task { await self.request(question, key) }
            state.underWay[key] = task
            state.counts[network] = count + 1
            return task
        }
        return await task?.value ?? .failed("too many questions are under way")
    }

    private func request(_ question: CallbackQuestion, _ key: CallbackQuestion.Key) async -> CallbackAnswer {
        let answer: CallbackAnswer
        do throws(AccessHTTP.Failure) {
            answer = CallbackAnswer(
                try await AccessHTTP.perform(
                    question.request(to: url), within: settings.timeout, maximumBytes: Self.maximumBytes))
        } catch {
            answer = .failed("\(error)")
        }
        keep(answer, question, key)
        if case .failed(let reason) = answer { log(reason) }
        return answer
    }

    private func keep(_ answer: CallbackAnswer, _ question: CallbackQuestion, _ key: CallbackQuestion.Key) {
        let (until, network) = (clock.steady() + milliseconds(answer), question.network)
        state.withLock { state in
            state.underWay[key] = nil
            let left = (state.counts[network] ?? 0) - 1
            state.counts[network] = left > 0 ? left : nil
            state.answers[key] = Kept(answer: answer, until: until)
        }
    }

    private func log(_ reason: String) {
        let now = clock.steady()
        let others = state.withLock { state -> Int? in
            guard now - (state.loggedAt ?? .min / 2) >= Self.logInterval else {
                state.unlogged += 1
                return nil
            }
            defer { (state.loggedAt, state.unlogged) = (now, 0) }
            return state.unlogged
        }
        guard let others else { return }
        logger.warning(
            "auth.callback.url gave no answer: nobody is let in by it",
            metadata: ["reason": "\(reason)", "others": "\(others)"])
    }

    /// How long it holds. A failure holds for nobody but those who wait for it.
    private func milliseconds(_ answer: CallbackAnswer) -> Int64 {
        switch answer {
        case .allowed(let seconds): seconds.map { Int64($0) * 1000 } ?? settings.cache.wholeMilliseconds
        case .unknown, .refused: settings.cache.wholeMilliseconds
        case .failed: 0
        }
    }
}
