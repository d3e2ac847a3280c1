/// Where a session's bytes go: a socket of the shard's own, or a NIO channel. It lives on the shard's thread.
package protocol Sink: AnyObject {
    /// Takes as many of the bytes as it can now, in order, and says how many. Fewer than all: it calls
    /// back on the shard's thread with ``Session/sinkIsReady()`` when it can take more. `nil`: the reader is gone.
    func write(_ segments: borrowing SegmentQueue) -> Int?

    /// Bytes that it took and that have not left, as far as it can know.
    var underWay: Int { get }

    /// The session counts its bytes; not where it is one stream of a connection that counts them with all others.
    var isMetered: Bool { get }

    /// Nothing more will be written; the peer is told so when the last byte has left.
    func finish()

    /// Lets go of the reader at once.
    func close()

    /// For how long the peer has acknowledged nothing although bytes wait for it, in milliseconds; 0 if nothing waits.
    var unacknowledgedMilliseconds: UInt32 { get }

    /// Whether reading is wanted. A sink that brings input by itself stops while it is not.
    func setReading(_ wanted: Bool)
}

extension Sink {
    /// What was taken is somebody else's, the kernel's say, who goes on with it when the sink is closed.
    package var underWay: Int { 0 }
    package var isMetered: Bool { true }
}
