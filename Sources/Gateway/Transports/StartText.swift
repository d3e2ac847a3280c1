import BrokerCore

extension Start {
    /// The most messages that `last:N` may name.
    static let maximumLast = 1_000_000
    static let rule = "earliest, latest, last:N, or a position EPOCH:OFFSET"

    /// What `since` may say.
    /// - Throws: ``Problem`` when it says something else.
    init(since text: String) throws(Problem) {
        switch text {
        case "earliest": self = .earliest
        case "latest": self = .latest
        default:
            if text.hasPrefix("last:") {
                guard let count = Int(text.dropFirst(5)), (1...Self.maximumLast).contains(count) else {
                    throw Problem.invalidQuery("since", text, Self.rule)
                }
                self = .last(count)
            } else {
                self = .after(try Position(parsing: text))
            }
        }
    }
}

extension Position {
    /// - Throws: ``Problem`` when `text` is no position.
    init(parsing text: String) throws(Problem) {
        do throws(InvalidName) { self = try Position(text) } catch { throw Problem(error) }
    }
}
