import BrokerCore

/// What a WebSocket has where something is protected: who is at the other end, and what waits until somebody has answered.
final class WebSocketProtection {
    var access: WebSocketAccess
    /// Channels about which somebody is asked whether they may be followed, each with its question's number.
    private(set) var asking: [ChannelName: UInt64] = [:]
    /// Counts the questions, so that the answer to one that was taken back is known; and those that are not answered yet.
    private var questions: UInt64 = 0
    private var unanswered = 0
    /// A token is being verified: what comes behind it waits, for it may depend on it.
    var isVerifying = false
    /// What has come and waits: no more than was read at once.
    var held: [UInt8] = []

    init(_ access: WebSocketAccess) {
        self.access = access
    }

    /// Somebody has to answer before anything more is taken.
    var isWaiting: Bool { isVerifying || unanswered >= Caller.questionsAtOnce }

    /// Notes that somebody is asked about the channel; the question's number is returned.
    func ask(_ channel: ChannelName) -> UInt64 {
        questions += 1
        unanswered += 1
        asking[channel] = questions
        return questions
    }

    /// The client does not want the channel any more. `false`: nobody is asked about it.
    func takeBack(_ channel: ChannelName) -> Bool { asking.removeValue(forKey: channel) != nil }

    /// A question is answered. `false`: it was taken back.
    func answered(_ channel: ChannelName, _ number: UInt64) -> Bool {
        unanswered -= 1
        return asking[channel] == number && takeBack(channel)
    }
}
