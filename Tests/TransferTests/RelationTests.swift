import BrokerCore
import Testing

@testable import BrokerTransfer

/// Every row of the rule by which a copy replaces a channel.
@Suite struct RelationTests {
    /// A channel by its position, what a copy brought, and its earlier epochs.
    private static func head(_ position: String, copied: UInt64? = nil, after: String = "") throws -> ChannelHead {
        let position = try Position(position)
        return ChannelHead(
            channel: "c", epoch: position.epoch, top: position.offset, trimmed: 0, closed: false, fence: nil,
            predecessors: try after.split(separator: " ").map { try Position($0) }, copied: copied, life: .seconds(1),
            newest: nil)
    }

    private enum Verdict {
        case replaceable, same, ahead, diverged, foreign

        init?(_ relation: ChannelRelation) {
            switch relation {
            case .replaceable: self = .replaceable
            case .same: self = .same
            case .refused(.ahead): self = .ahead
            case .refused(.diverged): self = .diverged
            case .refused(.foreign): self = .foreign
            case .refused: return nil
            }
        }
    }

    private static func expect(
        _ verdict: Verdict, of target: ChannelHead?, to source: ChannelHead,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(Verdict(ChannelRelation(of: target, to: source)) == verdict, sourceLocation: sourceLocation)
    }

    @Test func `A channel that is not there is copied, and one at the same position is left`() throws {
        try Self.expect(.replaceable, of: nil, to: Self.head("e:5"))
        try Self.expect(.same, of: Self.head("e:5"), to: Self.head("e:5"))
        try Self.expect(.same, of: Self.head("e:5", copied: 3), to: Self.head("e:5", copied: 4))
    }

    @Test func `A channel of one epoch is replaced where a copy brought it, or where the source took over`() throws {
        try Self.expect(.replaceable, of: Self.head("e:5", copied: 5), to: Self.head("e:9"))
        try Self.expect(.replaceable, of: Self.head("e:5"), to: Self.head("e:9", copied: 5))
        try Self.expect(.replaceable, of: Self.head("e:5", copied: 3), to: Self.head("e:9", copied: 5))
    }

    @Test func `A channel of one epoch that has gone on is left`() throws {
        try Self.expect(.diverged, of: Self.head("e:5"), to: Self.head("e:9"))
        try Self.expect(.diverged, of: Self.head("e:5", copied: 4), to: Self.head("e:9"))
        try Self.expect(.diverged, of: Self.head("e:5"), to: Self.head("e:9", copied: 4))
        try Self.expect(.diverged, of: Self.head("e:5"), to: Self.head("e:9", copied: 9))
        try Self.expect(.ahead, of: Self.head("e:9", copied: 5), to: Self.head("e:5"))
        try Self.expect(.ahead, of: Self.head("e:9", copied: 9), to: Self.head("e:5"))
    }

    @Test func `The same holds where the source goes on in a new epoch`() throws {
        try Self.expect(.replaceable, of: Self.head("d:5", copied: 5), to: Self.head("e:9", after: "d:7"))
        try Self.expect(.replaceable, of: Self.head("d:5"), to: Self.head("e:9", copied: 5, after: "d:7"))
        try Self.expect(.diverged, of: Self.head("d:5", copied: 4), to: Self.head("e:9", after: "d:7"))
        // The source has lost what the target has.
        try Self.expect(.foreign, of: Self.head("d:8", copied: 8), to: Self.head("e:9", after: "d:7"))
    }

    @Test func `Another epoch is another channel, or one that went on where the source stands`() throws {
        try Self.expect(.foreign, of: Self.head("x:5", copied: 5), to: Self.head("e:9", copied: 5))
        try Self.expect(.ahead, of: Self.head("f:6", copied: 5, after: "e:5"), to: Self.head("e:9"))
    }
}
