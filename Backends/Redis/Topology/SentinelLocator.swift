import NIOCore

/// Finds a primary through the sentinels that watch it. Whether the server that they name takes writes is seen by who
/// connects to it.
struct SentinelLocator: PrimaryLocator {
    let sentinels: [Endpoint]
    /// The primary's name among the sentinels.
    let master: String
    let options: RedisOptions
    let group: any EventLoopGroup

    /// - Parameter options: the servers'; the sentinels' own user is in them.
    init(sentinels: [Endpoint], master: String, options: RedisOptions, group: any EventLoopGroup) {
        (self.sentinels, self.master, self.group) = (sentinels, master, group)
        self.options = options.forSentinels
    }

    /// Waits for a majority only, so that one sentinel which does not answer costs no time.
    func locate() async throws(RedisError) -> Endpoint {
        var poll = SentinelPoll(sentinels: sentinels, master: master)
        for await answer in answers() {
            if poll.add(answer) { break }
        }
        return try poll.outcome()
    }

    /// Who is still being asked when nobody listens any more ends in ``RedisOptions/connectTimeout``.
    private func answers() -> AsyncStream<SentinelAnswer> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: SentinelAnswer.self, bufferingPolicy: .bufferingOldest(sentinels.count))
        for sentinel in sentinels {
            Task { continuation.yield(await answer(of: sentinel)) }
        }
        return stream
    }

    private func answer(of sentinel: Endpoint) async -> SentinelAnswer {
        do {
            let connection = try await RedisConnection.open(sentinel, options, on: group)
            defer { connection.close() }
            return SentinelAnswer(await connection.send(SentinelAnswer.commands(master)), from: sentinel)
        } catch .unusable(let words) {
            return .failed(.unusable("\(words) (a sentinel: its user is set by sentinel_user= and sentinel_password=)"))
        } catch {
            return .failed(error)
        }
    }
}
