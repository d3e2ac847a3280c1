import Foundation

/// Blocks of lines that wait on disk, first in, first out, in a ring of a bounded size.
///
/// The file has no name (it is gone with its last descriptor, also after a crash), and is made with the first block.
struct SpillFile: ~Copyable {
    /// The file can't be made, or the disk is full.
    struct Failure: Error {
        let code: Int32
    }

    /// What stands before each block: its length in bytes, its lines, and how many are missing before them.
    private typealias Header = (bytes: UInt32, lines: UInt32, missing: UInt64)
    /// What each block costs beyond its text, in bytes.
    static let headerBytes = MemoryLayout<Header>.size

    /// The largest that the file gets, in bytes.
    let capacity: Int
    private let folder: String
    private var descriptor: Int32 = -1
    /// Bytes ever taken and ever put; where they are in the file is their remainder by `capacity`.
    private var head = 0
    private var tail = 0
    /// What is in it in all, and missing before that.
    private(set) var lines = 0
    private(set) var missing = 0

    /// - Parameter folder: where the file is made.
    init(capacity: Int, folder: String = FileManager.default.temporaryDirectory.path) {
        self.capacity = capacity
        self.folder = folder
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    var isEmpty: Bool { head == tail }
    /// What is in it, in bytes, headers included.
    var bytes: Int { tail - head }

    func hasRoom(for block: LineBlock) -> Bool {
        bytes + Self.headerBytes + block.bytes.count <= capacity
    }

    /// Puts a block behind the others; there must be room for it.
    mutating func append(_ block: LineBlock) throws(Failure) {
        try open()
        let header: Header = (UInt32(block.bytes.count), UInt32(block.lines), UInt64(block.missing))
        try write(withUnsafeBytes(of: header, Array.init), at: tail)
        try write(block.bytes, at: tail + Self.headerBytes)
        tail += Self.headerBytes + block.bytes.count
        lines += block.lines
        missing += block.missing
    }

    /// Takes the oldest block; `nil` if there is none.
    mutating func removeFirst() throws(Failure) -> LineBlock? {
        guard !isEmpty else { return nil }
        let header = try nextHeader()
        let text = try read(Int(header.bytes), at: head + Self.headerBytes)
        advance(over: header)
        return LineBlock(text, lines: Int(header.lines), missing: Int(header.missing))
    }

    /// Gives up the oldest block without reading it; gives its lines, and how many are missing before them.
    mutating func dropFirst() throws(Failure) -> (lines: Int, missing: Int) {
        guard !isEmpty else { return (0, 0) }
        let header = try nextHeader()
        advance(over: header)
        return (Int(header.lines), Int(header.missing))
    }

    /// Gives up everything.
    mutating func removeAll() {
        (head, tail, lines, missing) = (0, 0, 0, 0)
    }

    private func nextHeader() throws(Failure) -> Header {
        try read(Self.headerBytes, at: head).withUnsafeBytes { $0.loadUnaligned(as: Header.self) }
    }

    private mutating func advance(over header: Header) {
        head += Self.headerBytes + Int(header.bytes)
        lines -= Int(header.lines)
        missing -= Int(header.missing)
        // From the start again: a short outage never makes a long file.
        if isEmpty { removeAll() }
    }

    private mutating func open() throws(Failure) {
        guard descriptor < 0 else { return }
        let path = "\(folder)/telltale-run-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        unlink(path)
    }

    private func write(_ bytes: [UInt8], at position: Int) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let (place, room) = place(of: position + done, wanted: bytes.count - done)
            let written = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress?.advanced(by: done), room, place) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Failure(code: errno) }
            done += written
        }
    }

    private func read(_ length: Int, at position: Int) throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: length)
        var done = 0
        while done < length {
            let (place, room) = place(of: position + done, wanted: length - done)
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: done), room, place)
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw Failure(code: got < 0 ? errno : EIO) }
            done += got
        }
        return bytes
    }

    /// Where a position is in the file, and how much of what is wanted lies there before the file's end.
    private func place(of position: Int, wanted: Int) -> (offset: off_t, bytes: Int) {
        let offset = position % capacity
        return (off_t(offset), min(wanted, capacity - offset))
    }
}
