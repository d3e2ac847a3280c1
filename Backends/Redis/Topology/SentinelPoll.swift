/// What one sentinel says of a primary.
enum SentinelAnswer: Equatable, Sendable {
    /// The epoch counts the failovers: of two sentinels that disagree, the one with the higher has the newer word.
    case primary(Endpoint, epoch: UInt64)
    /// It watches no primary of that name.
    case stranger
    case failed(RedisError)

    static func commands(_ master: String) -> [Command] {
        [Command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", master), Command("SENTINEL", "MASTER", master)]
    }

    /// - Parameter answers: to ``commands(_:)``. The second only gives the epoch, and may be refused.
    init(_ answers: [Result<Reply, RedisError>], from sentinel: Endpoint) {
        switch answers.first {
        case .success(.null)?: self = .stranger
        case .success(let reply)?:
            let epoch = Self.epoch(answers.dropFirst().first)
            self =
                Self.address(reply).map { .primary($0, epoch: epoch) }
                ?? .failed(.unusable("\(sentinel) does not answer like a sentinel"))
        case nil: self = .failed(.unreachable(reason: "\(sentinel) gives no answer"))
        case .failure(.refused(let words))?: self = .failed(Self.refusal(words, sentinel))
        case .failure(let error)?: self = .failed(error)
        }
    }

    private static func address(_ reply: Reply) -> Endpoint? {
        guard let words = reply.array, words.count == 2, let host = words[0].text, let port = words[1].integer,
            (1...65_535).contains(port)
        else { return nil }
        return .host(host, port: Int(port))
    }

    private static func epoch(_ answer: Result<Reply, RedisError>?) -> UInt64 {
        guard case .success(.array(let words))? = answer, let name = words.firstIndex(of: .bulk("config-epoch")),
            name + 1 < words.count
        else { return 0 }
        return words[name + 1].integer.flatMap(UInt64.init(exactly:)) ?? 0
    }

    private static func refusal(_ words: String, _ sentinel: Endpoint) -> RedisError {
        if words.contains("unknown command") {
            return .unusable("\(sentinel) is no sentinel: write redis://\(sentinel) for a server without sentinels")
        }
        if words.hasPrefix("NOPERM") || words.hasPrefix("NOAUTH") {
            return .unusable(
                "the sentinel at \(sentinel) refuses (\(words)): give sentinel_user= and sentinel_password=")
        }
        return .unusable("the sentinel at \(sentinel) answers \(words)")
    }
}

/// Asks all sentinels, and believes the newest word among a majority of them: one that is cut off together with an old
/// primary would name that one for as long as it is.
struct SentinelPoll {
    let sentinels: [Endpoint]
    let master: String
    private var answers: [SentinelAnswer] = []
    /// Sentinels that did answer.
    private var answered = 0

    init(sentinels: [Endpoint], master: String) {
        (self.sentinels, self.master) = (sentinels, master)
    }

    /// Takes an answer. Returns whether no more are needed.
    mutating func add(_ answer: SentinelAnswer) -> Bool {
        answers.append(answer)
        if case .failed = answer {} else { answered += 1 }
        return answered > sentinels.count / 2 || answers.count == sentinels.count
    }

    /// Where the primary is, as far as it is known.
    func outcome() throws(RedisError) -> Endpoint {
        var newest: (endpoint: Endpoint, epoch: UInt64)?
        for case .primary(let endpoint, let epoch) in answers where newest.map({ $0.epoch < epoch }) ?? true {
            newest = (endpoint, epoch)
        }
        if let newest { return newest.endpoint }
        let places = sentinels.map(\.description).joined(separator: ", ")
        if answered > 0 {
            throw .unusable(
                "the sentinels (\(places)) do not know the master \(master): the name is that of their `sentinel monitor` line"
            )
        }
        let failures = answers.compactMap { if case .failed(let error) = $0 { error } else { nil } }
        if let unusable = failures.first(where: { if case .unusable = $0 { true } else { false } }) { throw unusable }
        throw .unreachable(reason: "no sentinel can be reached (\(places)): \(failures.first?.words ?? "no answer")")
    }
}
