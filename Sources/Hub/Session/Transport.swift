package import BrokerCore

/// How a session speaks to its reader: what the bytes around messages look like, and what the reader's own bytes mean.
///
/// A transport belongs to one session and lives on its shard's thread; it is called there and nowhere else, and never blocks.
package protocol Transport: AnyObject {
    /// What kind of transport it is, by which sessions are counted: one of few names.
    var kind: String { get }

    /// How messages look to readers of this kind. The encoded bytes are shared by all of them.
    var form: any WireForm { get }

    /// The session has begun. Subscribe here.
    func begin(_ session: Session)

    /// The first that a subscription has to say; ``Session/finish()`` may be its answer.
    func opened(_ opening: Opening, _ session: Session)

    /// Something that the reader stands before is missing.
    func gap(_ gap: Gap, on channel: ChannelName, _ session: Session)

    /// A subscription is over; it is no longer among the session's.
    func ended(_ channel: ChannelName, _ reason: EndReason, _ session: Session)

    /// Bytes from the reader, which are valid during the call only.
    func receive(_ bytes: UnsafeMutableRawBufferPointer, _ session: Session)

    /// Less waits for the reader than before: what was put off because ``Session/isCongested`` may be taken up again.
    func drained(_ session: Session)

    /// Called when it has asked to be, by the clock of the shard: seconds. Answers when it next wants to be called; the session may be
    /// finished or closed in the meantime.
    func tick(_ now: UInt32, _ session: Session) -> UInt32

    /// The gateway is shutting down: say so and finish.
    func shutdown(_ session: Session)

    /// ``compose(_:_:on:_:)`` is to be called for each delivery; the same from ``begin(_:)`` on. `false`: the shared bytes are right as
    /// they are, and go to the reader without a word to the transport.
    var composes: Bool { get }

    /// Bytes that ``compose(_:_:on:_:)`` adds to each message, about; 0 where the shared bytes go as they are.
    var overhead: Int { get }

    /// Adds to the session's queue what this reader gets instead, in order, where a part of a message is different for each reader.
    /// `false`, with nothing added: the shared bytes are right as they are.
    func compose(_ run: EncodedRun, _ indices: Range<Int>, on channel: ChannelName, _ session: Session) -> Bool
}

extension Transport {
    package var kind: String { "poll" }
    package func drained(_: Session) {}
    package var composes: Bool { false }
    package var overhead: Int { 0 }

    package func compose(_: EncodedRun, _: Range<Int>, on _: ChannelName, _: Session) -> Bool { false }
}
