/// On which channels continuity is lost, as the events so far have said it.
///
/// It holds as many names as are interrupted, or were restored before everything is. A broker restores whatever it has
/// lost, of detached channels too, so these are no more than are attached.
package struct Continuity: Hashable, Sendable {
    private var everything = false
    /// The interrupted channels; while everything is, those that are not.
    private var exceptions: Set<ChannelName> = []

    package init() {}

    /// Whether announcements of the channel may be missing.
    package func isLost(on channel: ChannelName) -> Bool { everything != exceptions.contains(channel) }

    /// Takes in what the next event says of continuity, if it does.
    package mutating func note(_ event: BrokerEvent) {
        switch event {
        case .published, .deleted: break
        case .continuityLost(let extent): set(extent, isLost: true)
        case .continuityRestored(let extent): set(extent, isLost: false)
        }
    }

    /// The events for a consumer that has missed some: all is lost, and all is restored but what is interrupted.
    package var eventsAfterLoss: [BrokerEvent] {
        let names = Array(exceptions)
        let isPartial = !names.isEmpty
        if everything {
            return [.continuityLost(.everything)] + (isPartial ? [.continuityRestored(.channels(names))] : [])
        }
        return [.continuityLost(.everything), .continuityRestored(.everything)]
            + (isPartial ? [.continuityLost(.channels(names))] : [])
    }

    private mutating func set(_ extent: BrokerEvent.Extent, isLost: Bool) {
        switch extent {
        case .everything:
            everything = isLost
            exceptions = []
        case .channels(let names):
            if isLost == everything { exceptions.subtract(names) } else { exceptions.formUnion(names) }
        }
    }
}
