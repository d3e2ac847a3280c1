package import BrokerCore

extension BrokerError {
    /// The words with which a store may refuse a publication, each followed by its numbers.
    package static let refusalWords: Set<Substring> = ["expectwithoutkey", "closed", "fenced", "conflict", "toolarge"]

    /// Why a store has refused a publication, in its words; `nil` for others.
    package init?(refusal words: [Substring]) {
        let numbers = words.dropFirst().compactMap { UInt64($0) }
        guard numbers.count == words.count - 1 else { return nil }
        switch (words.first, numbers.count) {
        case ("expectwithoutkey", 0): self = .expectWithoutKey
        case ("closed", 1): self = .closed(top: numbers[0])
        case ("fenced", 1): self = .fenced(highest: numbers[0])
        case ("conflict", 1): self = .conflict(current: numbers[0])
        case ("toolarge", 2):
            guard let bytes = Int(exactly: numbers[0]), let limit = Int(exactly: numbers[1]) else { return nil }
            self = .tooLarge(bytes: bytes, limit: limit)
        default: return nil
        }
    }
}
