import BrokerCore

/// What was encoded of a channel, a run for each wire form, so that the second reader of a form costs nothing.
struct RunCache {
    private var runs: [(form: any WireForm, run: EncodedRun)] = []
    private var tail: Position?

    /// The messages in `form`, encoded once. All calls on one cache must be of the same messages.
    mutating func run(of messages: [Message], after: Position, form: any WireForm) -> EncodedRun {
        for entry in runs where entry.form === form { return entry.run }
        let run = EncodedRun(messages, after: after, form: form)
        runs.append((form, run))
        return run
    }

    /// What the window holds after `position`, and perhaps some before. Encoded again when the window has moved on.
    mutating func run(of view: borrowing ChannelView, after position: Position, form: any WireForm) -> EncodedRun {
        if tail != view.tail {
            runs = []
            tail = view.tail
        }
        for entry in runs where entry.form === form && entry.run.after.offset <= position.offset { return entry.run }
        runs.removeAll { $0.form === form }
        return run(of: view.window?.messages(after: position.offset) ?? [], after: position, form: form)
    }
}
