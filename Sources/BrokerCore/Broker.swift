/// Where channels live. A broker crosses processes and nothing else: it keeps the logs, takes publications, and tells
/// every handle of every process what was published. Fan-out to readers is the Hub's.
///
/// The guarantees, which `BrokerConformance` holds every broker to:
///
/// - **Offsets** of a channel are 1, 2, 3 …, without holes in the order of publication, within one epoch. A channel that was
///   deleted, has expired or was flushed comes back with another epoch.
/// - **Succession**: a broker that may have lost acknowledged messages, because its primary was replaced, gives no lost
///   position to another message: it goes on in a new epoch, with the offset after the last that is left, and
///   ``Recovery/predecessors`` name the epochs that this log had before. Handles are told that continuity was lost.
/// - **Publishing** is one atomic step: conditions checked, offset taken, message logged and retained, and announced to
///   every handle. It is acknowledged or refused, and a refusal has changed nothing.
/// - **Announcements** of a channel come in offset order and without holes to every handle that has it attached, or that
///   handle's events say ``BrokerEvent/continuityLost(_:)``. One that comes after `attach` has returned is never
///   missed: what was published before is in the log, what is published after is announced.
/// - **Continuity** that was lost is restored in the end: that of everything as a whole, that of named channels by their
///   names or with everything, whether they are attached still or not. Until then nobody relies on announcements;
///   then all that was missed is recovered.
/// - **Recovery** is one consistent view, and says so when something is missing.
/// - **Retention** trims the log; retained messages and the closed mark live as long as the channel.
///
/// A handle is safe to use from any task. The caller runs ``run()`` for as long as it uses the handle.
package protocol Broker: Sendable {
    /// What was published on attached channels, by whomever. One consumer only.
    var events: BrokerEvents { get }

    /// Which tasks there are, beside their channels.
    var tasks: any TaskRegistry { get }

    /// Publishes in order on each channel, each atomically and for itself, and answers in the order given. Across channels nothing
    /// is promised: they may be on different servers.
    ///
    /// The idempotency key comes first: a key that the channel has seen within ``BrokerSettings/idempotencyWindow`` answers with the first
    /// position whatever else the publication says. Then: closed, fence, expect, size.
    /// When the broker can't be reached this fails at once with ``BrokerError/unavailable(reason:)``.
    func publish(_ publications: [Publication]) async -> [Result<Receipt, BrokerError>]

    /// What the channel holds after `start`.
    ///
    /// Complete if the position's epoch is the channel's (or the position is ``Position/origin``), its offset is not above the top
    /// and not below `trimmed`. If not: ``Recovery/gap`` says what is missing, and the messages are all that there is
    /// after the position where the epoch matches and the offset is not in the future, else all that is kept.
    /// A position of one of the ``Recovery/predecessors``, up to what they share, is the same offset in the channel's
    /// epoch, and above that in the future. The start and the messages are always of the channel's epoch.
    /// `earliest`, `latest` and `last` are always complete. A channel that does not exist is empty, in ``Epoch/none``.
    func recover(_ channel: ChannelName, from start: Start, limit: RecoveryLimit) async throws(BrokerError) -> Recovery

    /// The channel as it is now; `nil` if there is none.
    func inspect(_ channel: ChannelName) async throws(BrokerError) -> ChannelStatus?

    /// Removes the channel and everything of it, and announces ``BrokerEvent/deleted(_:_:)``. `false` if there was none.
    func delete(_ channel: ChannelName) async throws(BrokerError) -> Bool

    /// The channels there are, in the byte order of their names.
    func list(_ query: ChannelQuery) async throws(BrokerError) -> [ChannelSummary]

    /// From its return on, what is published on these channels comes through ``events``. Attaching twice is attaching once.
    /// Where that is not so yet, because a node is down, ``events`` has said before the return that continuity is lost.
    func attach(_ channels: [ChannelName]) async throws(BrokerError)

    /// Announcements of these channels are no longer wanted; some may still come. Where continuity is lost,
    /// ``events`` now say that it is restored, unless everything's is.
    func detach(_ channels: [ChannelName]) async

    /// Whether a round trip through the broker, announcement included, arrives.
    func ping() async throws(BrokerError)

    /// The handle's background work. Returns when the task is cancelled, and then the handle is of no more use.
    func run() async throws
}
