import CHiredis

/// Turns bytes from a server into replies: hiredis parses (RESP2), and what it finds becomes ``Reply`` values without
/// any objects of its own in between. Confined to one thread at a time.
final class ReplyReader {
    /// The largest reply, in bytes as sent. Past it the stream is refused, so that no server can fill the memory.
    static let maximumReplyBytes = 256 << 20

    /// The stream is no RESP2, or a reply is too large: nothing more can be read from it.
    struct Malformed: Error, Hashable {
        let reason: String
    }

    private let reader: UnsafeMutablePointer<redisReader>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let assembly = ReplyAssembly()
    private let maximumBytes: Int
    /// Bytes fed since the last whole reply.
    private var unfinishedBytes = 0

    /// - Parameter maximumBytes: of one reply, as sent.
    init(maximumBytes: Int = ReplyReader.maximumReplyBytes) {
        self.maximumBytes = maximumBytes
        functions = .allocate(capacity: 1)
        functions.initialize(to: ReplyAssembly.functions)
        guard let reader = redisReaderCreateWithFunctions(functions) else {
            preconditionFailure("out of memory")
        }
        self.reader = reader
        // Unretained: the assembly lives as long as this object, and the C reader is freed before it.
        reader.pointee.privdata = Unmanaged.passUnretained(assembly).toOpaque()
    }

    deinit {
        redisReaderFree(reader)
        functions.deallocate()
    }

    /// Takes in what has arrived, in pieces of any size, and gives every reply that is whole to `body`, in order.
    func read(_ bytes: UnsafeRawBufferPointer, _ body: (Reply) -> Void) throws(Malformed) {
        var rest = bytes[...]
        repeat {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.pieceBytes))
            rest = rest.dropFirst(piece.count)
            try feed(piece)
            while let reply = try next() { body(reply) }
            guard unfinishedBytes <= maximumBytes else {
                throw Malformed(reason: "a reply of more than \(maximumBytes) bytes")
            }
        } while !rest.isEmpty
    }

    /// hiredis moves what is left of its buffer for every 1 KiB it has read, so a small buffer is a fast one.
    private static let pieceBytes = 16 << 10

    private func feed(_ piece: UnsafeRawBufferPointer) throws(Malformed) {
        guard !piece.isEmpty else { return }
        guard redisReaderFeed(reader, piece.baseAddress, piece.count) == REDIS_OK else { throw failure() }
        unfinishedBytes += piece.count
    }

    private func next() throws(Malformed) -> Reply? {
        var object: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &object) == REDIS_OK else { throw failure() }
        guard object != nil else { return nil }
        unfinishedBytes = reader.pointee.len - reader.pointee.pos
        return assembly.take()
    }

    private func failure() -> Malformed {
        let text = withUnsafeBytes(of: &reader.pointee.errstr) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        return Malformed(reason: text)
    }
}
