/// Commands that were given at once, and who wants the answers.
struct Submission: Sendable {
    let commands: [Command]
    /// `nil`: the answers belong to no one, and go to the connection's `push`.
    let completion: (@Sendable ([RedisConnection.Answer]) -> Void)?
    /// About the bytes on the wire.
    let size: Int

    init(_ commands: [Command], completion: (@Sendable ([RedisConnection.Answer]) -> Void)?) {
        self.commands = commands
        self.completion = completion
        size = commands.reduce(0) { $0 + $1.size }
    }

    func fail(_ error: RedisError) {
        completion?(Array(repeating: .failure(error), count: commands.count))
    }
}
