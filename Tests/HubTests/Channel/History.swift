import BrokerConformance
import BrokerCore

@testable import Hub

/// A random life of a channel, with all that was announced of it.
struct History {
    private(set) var truth: Truth
    private(set) var announced: [Announcement] = []
    private var chance: SplitMix64

    init(seed: UInt64) {
        chance = SplitMix64(seed: seed)
        truth = Truth(keeping: 1 + chance.below(12))
    }

    mutating func publish(_ count: Int) {
        for _ in 0..<count {
            if chance.happens(oneIn: 25) { truth.replace(losing: chance.below(4)) }
            let keeping: Keeping =
                switch chance.below(6) {
                case 0: .conflated(.named("p"))
                case 1: .conflated(.named("q"))
                case 2: .loggedAndRetained(.named("s"))
                case 3 where chance.happens(oneIn: 4): .loggedAndRetained(.named("p"))
                default: .logged
                }
            if case .published(let announcement) = truth.publish(keeping, closes: chance.happens(oneIn: 20)) {
                announced.append(announcement)
            }
        }
    }

    /// Starts of every kind: inside, below, above, of another epoch.
    mutating func start() -> Start {
        let (epoch, top) = (truth.end.epoch, Int(truth.end.offset))
        return switch chance.below(8) {
        case 0: .earliest
        case 1: .latest
        case 2: .last(1 + chance.below(top + 3))
        case 3: .after(.origin)
        case _ where epoch == .none: .after(.origin)
        case 4 where chance.happens(oneIn: 2): .after(Position(epoch: .named("other"), offset: UInt64(chance.below(9))))
        case 4, 6: .after(Position(epoch: .named("e\(1 + chance.below(4))"), offset: UInt64(chance.below(top + 3))))
        case 5 where chance.happens(oneIn: 2): .after(Position(epoch: epoch, offset: UInt64(top + 1 + chance.below(5))))
        default: .after(Position(epoch: epoch, offset: UInt64(chance.below(top + 1))))
        }
    }

    mutating func below(_ bound: Int) -> Int { chance.below(bound) }
}
