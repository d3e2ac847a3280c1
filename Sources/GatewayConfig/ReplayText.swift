import BrokerCore

/// `earliest`, `latest` and `last:N`.
enum ReplayText {
    static func parse(_ text: String, lastAtMost most: Int) -> Start? {
        switch text {
        case "earliest": return .earliest
        case "latest": return .latest
        default:
            guard text.hasPrefix("last:"), let count = Int(text.dropFirst(5)), (1...most).contains(count) else {
                return nil
            }
            return .last(count)
        }
    }

    static func render(_ start: Start) -> String {
        switch start {
        case .earliest: "earliest"
        case .latest: "latest"
        case .last(let count): "last:\(count)"
        case .after(let position): position.description
        }
    }
}
