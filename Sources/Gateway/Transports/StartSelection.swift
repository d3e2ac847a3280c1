import BrokerCore
import GatewayConfig
import HTTPTypes

/// Where a reader starts, by precedence: the `Last-Event-ID` header, the query's `last_event_id` or `lastEventId`, its `since`, the
/// namespace's `replay`.
struct StartSelection {
    private let config: GatewayConfig

    init(_ config: GatewayConfig) {
        self.config = config
    }

    /// The start on one channel.
    /// - Throws: ``Problem`` when what was said is no start.
    func start(of channel: ChannelName, _ query: Query, _ headers: HTTPFields) throws(Problem) -> Start {
        if let id = Self.lastEventID(query, headers) { return .after(try Position(parsing: id)) }
        if let since = query["since"] { return try Start(since: since) }
        return config.policy(for: channel).replay
    }

    /// Where each of several begins, any of which may be in the last id or not.
    /// - Throws: ``Problem`` when what was said is no start.
    func starts(
        of subjects: [StreamSubject], _ query: Query, _ headers: HTTPFields
    ) throws(Problem) -> [StreamStart] {
        var positions: [ChannelName: Position] = [:]
        if let id = Self.lastEventID(query, headers) {
            do throws(InvalidName) { positions = try PositionSet(id).positions } catch { throw Problem(error) }
        }
        let since = try query["since"].map { text throws(Problem) in try Start(since: text) }
        return subjects.map { subject in
            let position = positions[subject.channel].map(Start.after)
            return StreamStart(
                subject: subject, start: position ?? since ?? config.policy(for: subject.channel).replay)
        }
    }

    /// An empty id is none: EventSource sends none before the first id has come.
    private static func lastEventID(_ query: Query, _ headers: HTTPFields) -> String? {
        [headers[.lastEventID], query["last_event_id"], query["lastEventId"]].lazy.compactMap { $0 }.first {
            !$0.isEmpty
        }
    }
}
