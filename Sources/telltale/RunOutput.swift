import Glibc
import Synchronization

/// Where the child writes in place of one of our output files, or of both when they are the same.
///
/// A pipe; or a pseudo terminal where ours is a terminal, so that the child goes on buffering by lines and using
/// colours.
final class RunOutput: Sendable {
    /// Our own file, to which everything is copied.
    let sink: Int32
    /// The child's descriptors that this stands for.
    let childDescriptors: [Int32]
    let isTerminal: Bool
    /// What the child writes can be read here.
    private let reading: Mutex<Int32?>
    /// The child's end; ours to close once the child has it.
    private let writing: Mutex<Int32?>

    private init(sink: Int32, childDescriptors: [Int32]) throws {
        self.sink = sink
        self.childDescriptors = childDescriptors
        isTerminal = isatty(sink) == 1
        let ends = try isTerminal ? PseudoTerminal.open(like: sink) : Descriptor.pipe()
        reading = Mutex(ends.reading)
        writing = Mutex(ends.writing)
    }

    /// One output for standard output and standard error together if they are the same file, so that the order of what
    /// is written to them stays; else one for each.
    static func all() throws -> [RunOutput] {
        if Descriptor.areSame(STDOUT_FILENO, STDERR_FILENO) {
            return [try RunOutput(sink: STDOUT_FILENO, childDescriptors: [STDOUT_FILENO, STDERR_FILENO])]
        }
        return try [STDOUT_FILENO, STDERR_FILENO].map { try RunOutput(sink: $0, childDescriptors: [$0]) }
    }

    var readingDescriptor: Int32? { reading.withLock { $0 } }
    var writingDescriptor: Int32? { writing.withLock { $0 } }

    func closeWriting() {
        if let descriptor = writing.withLock({ $0.take() }) { close(descriptor) }
    }

    /// From here on the child is told, as by any closed pipe, that nobody reads.
    func closeReading() {
        if let descriptor = reading.withLock({ $0.take() }) { close(descriptor) }
    }

    /// Gives the child's terminal the window size of ours.
    func resize() {
        guard isTerminal else { return }
        reading.withLock { descriptor in
            if let descriptor { PseudoTerminal.copySize(from: sink, to: descriptor) }
        }
    }
}

/// A terminal whose other side is ours.
enum PseudoTerminal {
    /// As wide and high as `terminal`, and in raw mode: what is written comes out byte for byte, as the real terminal
    /// does the processing of output itself.
    static func open(like terminal: Int32) throws(Descriptor.Failure) -> (reading: Int32, writing: Int32) {
        var (master, slave) = (Int32(-1), Int32(-1))
        guard openpty(&master, &slave, nil, nil, nil) == 0 else { throw Descriptor.Failure() }
        for descriptor in [master, slave] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var attributes = termios()
        if tcgetattr(slave, &attributes) == 0 {
            cfmakeraw(&attributes)
            _ = tcsetattr(slave, TCSANOW, &attributes)
        }
        copySize(from: terminal, to: master)
        return (master, slave)
    }

    static func copySize(from terminal: Int32, to other: Int32) {
        var size = winsize()
        if ioctl(terminal, UInt(TIOCGWINSZ), &size) == 0 { _ = ioctl(other, UInt(TIOCSWINSZ), &size) }
    }
}
