/// What the Hub is set to.
package struct HubOptions: Sendable {
    /// Shards, each a thread; 0: one a processor that the process may use.
    package var shards: Int
    /// Many readers of one message are sent to by one system call, where the kernel allows that (io_uring).
    package var usesRing: Bool
    /// What may wait for one reader, in bytes, before it is fed from the log instead.
    package var sessionBufferBytes: Int
    /// How long a reader's host may acknowledge nothing, while bytes wait for it, before it is given up. Milliseconds.
    package var writeTimeoutMilliseconds: UInt32
    /// How long a finished session waits for its peer to close. Seconds.
    package var linger: UInt32
    /// How long a channel's messages are kept in the Hub after anything has happened, and a channel without readers stays attached. Seconds.
    package var channelRest: UInt32
    /// How much one recovery brings.
    package var pageMessages: Int
    package var pageBytes: Int

    package init(
        shards: Int = 0, usesRing: Bool = true, sessionBufferBytes: Int = 1 << 20,
        writeTimeoutMilliseconds: UInt32 = 60_000, linger: UInt32 = 5, channelRest: UInt32 = 10,
        pageMessages: Int = 1_000, pageBytes: Int = 1 << 20
    ) {
        self.shards = shards
        self.usesRing = usesRing
        self.sessionBufferBytes = sessionBufferBytes
        self.writeTimeoutMilliseconds = writeTimeoutMilliseconds
        self.linger = linger
        self.channelRest = channelRest
        self.pageMessages = pageMessages
        self.pageBytes = pageBytes
    }
}
