@testable import RedisBroker

/// What a Redis server answers. In whatever pieces it comes, it means the same.
enum RedisFuzz {
    /// More than an input has.
    private static let maximumBytes = 1 << 20

    static func run(_ input: UnsafeRawBufferPointer) {
        guard input.count > 1 else { return }
        let whole = replies { $0(UnsafeRawBufferPointer(rebasing: input[1...])) }
        let pieced = replies { forEachPiece(of: input, $0) }
        precondition(whole == pieced, "pieces mean something else")
    }

    /// The replies in these pieces, and why no more can be read.
    private static func replies(_ pieces: ((UnsafeRawBufferPointer) -> Void) -> Void) -> Found {
        let reader = ReplyReader(maximumBytes: maximumBytes)
        var found = Found()
        pieces { piece in
            guard !found.isMalformed else { return }
            do {
                try reader.read(piece) { found.replies.append($0) }
            } catch {
                found.isMalformed = true
            }
        }
        return found
    }

    private struct Found: Equatable {
        var replies: [Reply] = []
        var isMalformed = false
    }
}
