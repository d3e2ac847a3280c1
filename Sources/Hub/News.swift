package import BrokerCore

extension Hub {
    /// Waits until there is something after `position`: a message, a gap, or the channel's end. Returns too when the time is over
    /// or the task is cancelled.
    /// - Parameter form: a message for which it writes nothing is no news. `nil`: every message is.
    package func news(
        of channel: ChannelName, after position: Position, within time: Duration, as form: (any WireForm)? = nil
    ) async {
        let waiter = NewsWaiter()
        open(
            SessionSeed(
                connection: .sink { handle in
                    waiter.opened(handle)
                    return NewsSink(waiter: waiter)
                },
                transport: { NewsTransport(channel: channel, start: .after(position), form: form ?? NewsForm.shared) }))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await waiter.wait() }
            group.addTask { try? await Task.sleep(for: time) }
            await group.next()
            group.cancelAll()
            waiter.finish()
        }
    }
}

/// Where a task waits for a session of its own to have something to say.
private final class NewsWaiter: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Void, Never>?
        var handle: SessionHandle?
        var isDone = false
    }

    private let state = Locked(State())

    func opened(_ handle: SessionHandle) {
        let isDone = state.withLock { state in
            state.handle = handle
            return state.isDone
        }
        if isDone { handle.perform { $0.close() } }
    }

    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if !state.isDone, !Task.isCancelled { state.continuation = continuation }
                    return state.continuation == nil
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            finish()
        }
    }

    /// There is news, or nobody wants any more: the session is closed.
    func finish() {
        let (continuation, handle) = state.withLock { state in
            defer { state = State(isDone: true) }
            return (state.continuation, state.handle)
        }
        continuation?.resume()
        handle?.perform { $0.close() }
    }
}

/// A sink that takes anything as a sign.
private final class NewsSink: Sink {
    private let waiter: NewsWaiter

    init(waiter: NewsWaiter) {
        self.waiter = waiter
    }

    func write(_ segments: borrowing SegmentQueue) -> Int? {
        waiter.finish()
        return segments.bytes
    }

    func finish() { waiter.finish() }
    func close() { waiter.finish() }
    var unacknowledgedMilliseconds: UInt32 { 0 }
    func setReading(_: Bool) {}
}

/// Finishes, or writes something, as soon as anything happens after the start.
private final class NewsTransport: Transport {
    /// How often it is looked after while nothing is due, in seconds.
    private static let watchSeconds: UInt32 = 60

    private let channel: ChannelName
    private let start: Start
    let form: any WireForm

    init(channel: ChannelName, start: Start, form: any WireForm) {
        self.channel = channel
        self.start = start
        self.form = form
    }

    func begin(_ session: Session) { _ = session.subscribe(channel, from: start) }
    func opened(_: Opening, _: Session) {}
    func gap(_: Gap, on _: ChannelName, _ session: Session) { session.finish() }
    func ended(_: ChannelName, _: EndReason, _ session: Session) { session.finish() }
    func receive(_: UnsafeMutableRawBufferPointer, _: Session) {}
    func tick(_ now: UInt32, _: Session) -> UInt32 { now + Self.watchSeconds }
    func shutdown(_ session: Session) { session.finish() }
}

private final class NewsForm: WireForm {
    static let shared = NewsForm()

    func append(_: Message, to writer: inout ByteWriter) { writer.append(byte: 1) }
}
