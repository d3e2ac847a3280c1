import BrokerCore
import JSONText

/// The data of a `state` message.
extension TaskLife {
    /// `nil` for a message that says no task's state: someone else's.
    init?(_ message: Message) {
        guard message.format == .json else { return nil }
        var text = message.data
        let read: TaskLife? = text.withUTF8 { bytes in
            guard let object = try? JSONObject(UnsafeRawBufferPointer(bytes)) else { return nil }
            return try? TaskLife(object)
        }
        guard let read else { return nil }
        self = read
        created = created ?? message.time
        if state == .started { started = started ?? message.time }
        if state.isFinal { ended = ended ?? message.time }
        began = began ?? message.offset
    }

    /// Members that it does not know are nothing to it. A message without an attempt is of the first.
    private init(_ object: JSONObject) throws {
        guard let word = try object.string("state"), let state = TaskState(rawValue: word) else {
            throw TaskError.invalid(code: "invalid_state", detail: "no state")
        }
        self.init(state: state, attempt: try object.integer("attempt", in: TaskFields.attempts) ?? 1)
        title = try object.string("title")
        worker = try object.string("worker")
        meta = object["meta"]?.verbatim
        result = object["result"]?.verbatim
        error = object["error"]?.verbatim
        lease = object["lease"].flatMap { Duration(seconds: $0.verbatim) }
        cancelRequested = try object.bool("cancel_requested") ?? false
        created = try Self.time(object, "created")
        started = try Self.time(object, "started")
        ended = try Self.time(object, "ended")
        began = try object.integer("began")
    }

    private static func time(_ object: JSONObject, _ key: String) throws -> Int64? {
        try object.integer(key, in: 0...UInt64(Timestamp.maximum)).map(Int64.init)
    }

    var json: String {
        var writer = JSONMembers()
        writer.member("state", state.rawValue)
        writer.member("attempt", attempt)
        if let title { writer.member("title", title) }
        if let meta { writer.member("meta", verbatim: meta) }
        if let worker { writer.member("worker", worker) }
        if let lease { writer.member("lease", verbatim: lease.secondsText) }
        if let result { writer.member("result", verbatim: result) }
        if let error { writer.member("error", verbatim: error) }
        if cancelRequested { writer.member("cancel_requested", verbatim: "true") }
        if let created { writer.member("created", created) }
        if let started { writer.member("started", started) }
        if let ended { writer.member("ended", ended) }
        if let began { writer.member("began", began) }
        return writer.object
    }
}
