/// When the next prompt call goes.
///
/// Transactions that notify commit one after another, in the whole database (its commit order is the notifications'),
/// and each commit waits for the disk: how much a call carries decides how much is published in a second. So
/// publications are gathered. While a call is under way another goes only with many, or when the first takes long. And
/// when one is answered, the next waits a moment for those who publish again as soon as they are answered: without that
/// they would be split for ever into those that are under way and those that wait. What comes to a queue at rest goes
/// at once.
struct PublishPace {
    /// Publications for which another connection is used while a call is under way.
    static let worthAnotherCall = 128
    /// How long a call is under way before others don't wait for it any more.
    static let longCall = Duration.milliseconds(100)
    /// The part of the last call's time that those who it answered are waited for.
    static let gatheringPart = 4
    /// The longest that they are waited for.
    static let longestGathering = Duration.milliseconds(2)

    private(set) var underWay = 0
    /// When the last call went.
    private var lastStart: ContinuousClock.Instant?
    /// How many publications to gather, and until when.
    private var gathering: (count: Int, until: ContinuousClock.Instant)?

    /// From when on a call may go with so many publications; `nil`: at once.
    func time(waiting: Int) -> ContinuousClock.Instant? {
        guard underWay == 0 else {
            return waiting < Self.worthAnotherCall ? lastStart.map { $0 + Self.longCall } : nil
        }
        guard let gathering, waiting < gathering.count else { return nil }
        return gathering.until
    }

    mutating func sent(now: ContinuousClock.Instant) {
        underWay += 1
        lastStart = now
        gathering = nil
    }

    /// A call was answered that went at `start` with `count` publications, while others wait.
    mutating func answered(
        _ count: Int, since start: ContinuousClock.Instant, waiting: Int, now: ContinuousClock.Instant
    ) {
        underWay -= 1
        let moment = min((now - start) / Self.gatheringPart, Self.longestGathering)
        gathering = (min(waiting + count, PublishCall.maximumPublications), now + moment)
    }
}
