import BrokerCore
import Tasks

/// What a stream follows: a channel as it is, or a task, whose snapshot comes first.
enum StreamSubject: Hashable, Sendable {
    case channel(ChannelName)
    case task(TaskID)

    var channel: ChannelName {
        switch self {
        case .channel(let name): name
        case .task(let id): id.channel
        }
    }

    /// `nil`: it is not followed as a task.
    var task: TaskID? {
        if case .task(let id) = self { id } else { nil }
    }
}

/// What a stream follows, and from where.
struct StreamStart: Sendable {
    let subject: StreamSubject
    let start: Start

    var channel: ChannelName { subject.channel }
}
