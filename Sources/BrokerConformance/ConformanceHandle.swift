import BrokerCore

/// One of the two handles that a case goes through, as one process would have it.
struct ConformanceHandle: Sendable {
    let broker: any Broker
    let collector: AnnouncementCollector
    /// How long a case waits for one thing.
    let patience: Duration

    // MARK: Publishing

    @discardableResult
    func publish(_ publication: Publication) async throws -> Receipt {
        try await publish([publication])[0].get()
    }

    @discardableResult
    func publish(_ channel: ChannelName, _ data: String, keeping: Keeping = .logged) async throws -> Receipt {
        try await publish(Publication(channel: channel, data: data, keeping: keeping))
    }

    /// Publishes as a producer does that must get through: while the broker says that it is unavailable, as one may whose
    /// channel is much in demand on a slow machine, the publication is repeated with its idempotency key.
    func publishAtLast(_ publication: Publication) async throws {
        let end = ContinuousClock.now + patience
        while true {
            switch try await publish([publication])[0] {
            case .failure(.unavailable) where ContinuousClock.now < end: continue
            case let answer:
                _ = try answer.get()
                return
            }
        }
    }

    func publish(_ publications: [Publication]) async throws -> [Result<Receipt, BrokerError>] {
        let answers = await broker.publish(publications)
        try expectEqual(answers.count, publications.count, "answers to a batch")
        return answers
    }

    /// Publishes `count` logged messages, `1` to `count`, as one batch.
    @discardableResult
    func fill(_ channel: ChannelName, _ count: Int) async throws -> [Receipt] {
        try await publish((1...count).map { Publication(channel: channel, data: "\($0)") }).map { try $0.get() }
    }

    /// Expects that the publication is refused, and returns why.
    func refusal(
        of publication: Publication, file: String = #fileID, line: Int = #line
    ) async throws -> BrokerError {
        switch try await publish([publication])[0] {
        case .failure(let refusal): return refusal
        case .success(let receipt):
            throw ConformanceFailure("it was published at \(receipt.position), not refused", file: file, line: line)
        }
    }

    // MARK: Reading

    func recover(
        _ channel: ChannelName, from start: Start = .earliest, limit: RecoveryLimit = .unlimited
    ) async throws -> Recovery {
        try await broker.recover(channel, from: start, limit: limit)
    }

    /// The channel's status; a failure if there is none.
    func status(_ channel: ChannelName, file: String = #fileID, line: Int = #line) async throws -> ChannelStatus {
        try require(try await broker.inspect(channel), "channel \(channel)", file: file, line: line)
    }

    /// Attaches the channels, and gives what is heard of each from then on.
    func follow(_ channels: [ChannelName]) async throws -> [Follower] {
        let followers = channels.map(overhear)
        try await broker.attach(channels)
        return followers
    }

    func follow(_ channel: ChannelName) async throws -> Follower { try await follow([channel])[0] }

    /// What is heard of the channel without attaching it.
    func overhear(_ channel: ChannelName) -> Follower {
        Follower(queue: collector.follow(channel), patience: patience)
    }
}
