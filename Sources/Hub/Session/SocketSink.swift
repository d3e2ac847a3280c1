import CEpoll
import Glibc

/// A socket of the shard's own: one system call a write, and nothing between.
final class SocketSink: Sink {
    let descriptor: Int32

    /// Owns `descriptor` from here on, which must be non-blocking.
    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    func write(_ segments: borrowing SegmentQueue) -> Int? {
        let taken = withUnsafeTemporaryAllocation(of: cepoll_piece.self, capacity: Int(CEPOLL_PIECES)) { pieces in
            var count = 0
            segments.forEachWhile { segment in
                let content = segment.content
                pieces[count] = cepoll_piece(base: content.baseAddress, count: content.count)
                count += 1
                return count < pieces.count
            }
            return cepoll_send(descriptor, pieces.baseAddress, Int32(count))
        }
        if taken >= 0 { return taken }
        if errno == EINTR { return write(segments) }
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : nil
    }

    /// Reads into `buffer`. 0: nothing there now; `nil`: the peer has ended or is gone.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        if count > 0 { return count }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : nil
    }

    func finish() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    func close() {
        Glibc.close(descriptor)
    }

    var unacknowledgedMilliseconds: UInt32 { cepoll_unacknowledged_ms(descriptor) }

    func setReading(_: Bool) {}
}
