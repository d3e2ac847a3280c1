import BrokerCore

/// A channel at one moment, as a task.
struct TaskView: Sendable {
    let id: TaskID
    /// `nil` when there is no such channel.
    let status: ChannelStatus?
    /// `nil` when no state is retained that can be read.
    let life: TaskLife?
    /// The retained state message; it may be one that can't be read.
    let stateMessage: Message?

    init(_ status: ChannelStatus?, id: TaskID) {
        self.id = id
        self.status = status
        stateMessage = status?.retained(TaskNames.stateKey)
        life = stateMessage.flatMap(TaskLife.init)
    }

    /// What the next state message expects.
    var expect: UInt64 { stateMessage?.offset ?? 0 }

    /// The highest generation that has written; 0 if none has.
    var fence: UInt64 { max(life?.attempt ?? 0, status?.fence ?? 0) }

    /// Nothing more comes of this attempt: its state is final, somebody has closed the channel, or a later generation has
    /// written without a state of its own.
    var isOver: Bool {
        life.map { $0.state.isFinal || $0.attempt < fence } ?? false || status?.closed ?? false
    }

    /// The attempt's newest progress.
    var progress: Message? {
        guard let message = status?.retained(TaskNames.progressKey), message.offset >= life?.began ?? 0 else {
            return nil
        }
        return message
    }
}

extension ChannelStatus {
    func retained(_ key: RetainKey) -> Message? { retained.last { $0.retain == key } }
}
