import BrokerCore
import Hub

/// Holds what one reader is told against the truth, line by line: nothing lost, doubled or out of order unless a gap was told, the
/// opening first, one end at most and nothing after it.
struct Witness {
    let start: Start
    private(set) var position: Position?
    private(set) var isEnded = false
    /// Why the reader was told something that is not so.
    private(set) var violations: [String] = []
    /// Logged messages below this offset may be missing: the reader knows.
    private var excusedBelow: UInt64 = 0
    /// What the last gap has said.
    private var told: UInt64 = 0
    /// The opening has said that it is not complete: the gap that follows has moved the reader already.
    private var awaitsGap = false

    init(start: Start) { self.start = start }

    mutating func see(_ line: Line, _ truth: Truth) {
        if isEnded { violations.append("\(line) after the end") }
        switch line {
        case .open(let start, _, let isComplete): open(start, isComplete, truth)
        case .message(let position, let data): message(position, data, truth)
        case .gap(let asked, let epoch, let haveFrom, let reason): gap(asked, epoch, haveFrom, reason, truth)
        case .end(let reason): end(reason, truth)
        case .said: break
        }
    }

    private mutating func open(_ place: Position, _ isComplete: Bool, _ truth: Truth) {
        if position != nil { violations.append("opened twice") }
        position = place
        awaitsGap = !isComplete
        switch start {
        case .after(let asked) where isComplete:
            if asked == .origin ? place.offset != 0 : !truth.areSame(asked, place) {
                violations.append("\(asked) opened at \(place)")
            }
        case .after: break
        case .earliest, .last: excuse(below: truth.trimmed[place.epoch] ?? 0)
        case .latest: break
        }
    }

    private mutating func excuse(below trimmed: UInt64) { excusedBelow = max(excusedBelow, trimmed + 1) }

    private mutating func message(_ next: Position, _ data: String, _ truth: Truth) {
        guard let here = position else { return violations.append("\(next) before the opening") }
        if here != .origin, truth.place(of: here, in: next.epoch) == nil {
            violations.append("\(next) follows \(here)")
        }
        if next.offset <= here.offset { violations.append("\(next) is not after \(here)") }
        if truth.entry(next)?.data != data { violations.append("\(next) says \(data)") }
        requireNothingMissing(from: here.offset, to: next, truth)
        position = next
    }

    private mutating func requireNothingMissing(from offset: UInt64, to next: Position, _ truth: Truth) {
        guard offset < next.offset else { return }
        for missing in (offset + 1)..<next.offset where missing >= excusedBelow {
            let place = Position(epoch: next.epoch, offset: missing)
            if !truth.isSuperseded(place) { violations.append("\(place) is missing before \(next)") }
        }
    }

    private mutating func gap(
        _ asked: Position, _ epoch: Epoch, _ haveFrom: UInt64, _ reason: Gap.Reason, _ truth: Truth
    ) {
        guard let here = position else { return violations.append("a gap before the opening") }
        if case .after(asked) = start {
        } else if !stands(at: asked, truth) {
            violations.append("a gap after \(asked), but the reader stands at \(here)")
        }
        switch reason {
        case .trimmed:
            if asked.offset >= truth.trimmed[epoch] ?? 0 {
                violations.append("a gap after \(asked), from which nothing was trimmed")
            }
            if haveFrom <= told { violations.append("the gap after \(asked) was told before") }
        case .epoch, .future:
            if reason == .epoch || asked.epoch != epoch, truth.place(of: asked, in: epoch) != nil {
                violations.append("\(asked) is of \(epoch)")
            }
            if !awaitsGap { position = Position(epoch: epoch, offset: 0) }
            excusedBelow = 0
        }
        awaitsGap = false
        excusedBelow = max(excusedBelow, haveFrom)
        told = haveFrom
    }

    /// Whether the reader may have asked from there. A gap on the way does not say where in the other epoch it begins.
    private func stands(at asked: Position, _ truth: Truth) -> Bool {
        guard let here = position else { return false }
        if truth.areSame(asked, here) || asked.offset == 0 && (here == .origin || asked == .origin && here.offset == 0)
        {
            return true
        }
        return truth.place(of: here, in: asked.epoch) != nil && asked.offset > here.offset
            && asked.offset < excusedBelow
    }

    private mutating func end(_ reason: EndReason, _ truth: Truth) {
        guard let here = position else { return violations.append("an end before the opening") }
        isEnded = true
        switch reason {
        case .closed:
            let places = here.offset...max(here.offset, excusedBelow)
            let closing = truth.epochs(of: here).flatMap { epoch in
                places.map { Position(epoch: epoch, offset: $0) }.filter { stands(at: $0, truth) }
            }
            if !closing.contains(where: { truth.entry($0)?.closes == true }) {
                violations.append("closed at \(here), where nothing closes")
            }
        case .deleted:
            // Who stands before the first message of any epoch may have been moved into one already.
            let isDeleted =
                here == .origin ? !truth.deleted.isEmpty : !truth.deleted.isDisjoint(with: truth.epochs(of: here))
            if !isDeleted { violations.append("\(here.epoch) was not deleted") }
        }
    }

    /// All has settled: a reader that has not ended stands where nothing follows.
    mutating func settle(_ truth: Truth) {
        guard !isEnded else { return }
        guard let here = position else { return violations.append("never opened") }
        guard truth.exists else { return }
        if !truth.areSame(here, truth.end) { violations.append("settled at \(here) of \(truth.end)") }
        if truth.isClosed { violations.append("no end, but the channel is closed") }
    }
}
