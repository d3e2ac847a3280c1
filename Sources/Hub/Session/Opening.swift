package import BrokerCore

/// What a reader is told first of a channel.
package struct Opening {
    package let channel: ChannelName
    package let answer: Answer

    package var isComplete: Bool { answer.gap == nil }
}
