import BrokerCore
import Hub

/// What a run is to readers who take gzip: made once, and kept with the run.
final class GzipRun {
    /// Some messages in a row, in pieces.
    struct Span {
        let segments: [Segment]
        let checksum: Checksum
    }

    /// A piece ends behind a message whose offset is a multiple of this, wherever the run begins: readers who come back to different
    /// places share the pieces that they have in common.
    private static let messagesPerPiece: UInt64 = 32
    /// A piece ends behind a message of so many bytes: more beside it would make it no smaller.
    private static let largeMessageBytes = 4 << 10

    private unowned let run: EncodedRun
    private var spans: [Range<Int>: Span] = [:]
    /// Of the spans that are kept; no more are when they are as much as the run.
    private(set) var keptBytes = 0

    private init(_ run: EncodedRun) {
        self.run = run
    }

    static func of(_ run: EncodedRun) -> GzipRun { run.companion { GzipRun(run) } }

    func span(_ indices: Range<Int>) -> Span {
        if let known = spans[indices] { return known }
        let span = compress(indices)
        // All readers who are up to date want the same one; those who are not may want any.
        if keptBytes <= run.bytes.count {
            spans[indices] = span
            keptBytes += span.segments.reduce(0) { $0 + $1.count }
        }
        return span
    }

    private func compress(_ indices: Range<Int>) -> Span {
        var pieces: [DeflatedPiece] = []
        var start = indices.lowerBound
        for index in indices where index + 1 == indices.upperBound || isEnd(index) {
            pieces.append(PieceCache.shared.piece(of: run.segment(start..<index + 1).content))
            start = index + 1
        }
        return Span(segments: pieces.map { Segment($0.blocks) }, checksum: .joined(pieces.lazy.map(\.checksum)))
    }

    private func isEnd(_ index: Int) -> Bool {
        run.position(index).offset % Self.messagesPerPiece == 0
            || run.segment(index..<index + 1).count >= Self.largeMessageBytes
    }
}
