import BrokerCore
import JSONText

extension TaskSnapshot {
    /// One JSON object, with the members left out that there is nothing to say of.
    package var json: String {
        var writer = JSONMembers()
        writer.member("id", id.rawValue)
        writer.member("channel", id.channel.rawValue)
        writer.member("state", state?.rawValue ?? Self.unknown)
        if let attempt { writer.member("attempt", attempt) }
        if let title { writer.member("title", title) }
        if let meta { writer.member("meta", verbatim: meta) }
        if let progress { writer.member("progress", verbatim: progress.json) }
        if let worker { writer.member("worker", worker) }
        if let lease { writer.member("lease", verbatim: lease.secondsText) }
        if let result { writer.member("result", verbatim: result) }
        if let error { writer.member("error", verbatim: error) }
        if cancelRequested { writer.member("cancel_requested", verbatim: "true") }
        for (key, time) in [("created", created), ("started", started), ("ended", ended), ("updated", updated)] {
            if let time { writer.member(key, time: time) }
        }
        if let position { writer.member("position", position.description) }
        return writer.object
    }

    /// Appends ``json``.
    package func write(json output: inout [UInt8]) { output.append(contentsOf: json.utf8) }

    /// What users see for the state of a task that there is not, or that can't be read.
    package static let unknown = "unknown"
}

extension TaskSnapshot.Progress {
    /// `nil` for data that is no JSON object. A `time` among its members gives way to the message's.
    init?(_ message: Message) {
        guard message.format == .json else { return nil }
        self.init(message.data, time: message.time)
    }

    init?(_ data: String, time: Int64?) {
        var text = data
        let object: String? = text.withUTF8 { bytes in
            guard let object = try? JSONObject(UnsafeRawBufferPointer(bytes)) else { return nil }
            var writer = JSONMembers()
            for member in object.members where member.key != "time" {
                writer.member(member.key, verbatim: member.verbatim)
            }
            return writer.object
        }
        guard let object else { return nil }
        self.init(members: String(object.dropFirst().dropLast()), time: time)
    }

    /// One JSON object, with the time when it was written.
    package var json: String {
        var writer = JSONMembers()
        writer.members(verbatim: members)
        if let time { writer.member("time", time: time) }
        return writer.object
    }
}
