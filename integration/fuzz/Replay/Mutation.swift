import BrokerConformance

/// Small changes of inputs that are known.
struct Mutation {
    private var random: SplitMix64
    private let known: [[UInt8]]
    /// Longer ones are cut, in bytes.
    private static let maximumBytes = 4096

    /// - Parameter known: one at least.
    init(seed: UInt64, of known: [[UInt8]]) { (random, self.known) = (SplitMix64(seed: seed), known) }

    mutating func next() -> [UInt8] {
        var input = random.pick(known)
        for _ in 0...random.below(4) { change(&input) }
        return Array(input.prefix(Self.maximumBytes))
    }

    private mutating func change(_ input: inout [UInt8]) {
        guard !input.isEmpty else { return input = random.pick(known) }
        let place = random.below(input.count)
        let rest = input.count - place
        switch random.below(6) {
        case 0: input[place] ^= 1 << UInt8(random.below(8))
        case 1: input[place] = UInt8(random.below(256))
        case 2: input.removeSubrange(place..<place + 1 + random.below(min(rest, 16)))
        case 3: input.insert(contentsOf: input[place..<place + 1 + random.below(min(rest, 64))], at: place)
        case 4: input.replaceSubrange(place..., with: random.pick(known).suffix(rest))
        default: input.insert(contentsOf: random.pick(known).prefix(1 + random.below(64)), at: place)
        }
    }
}
