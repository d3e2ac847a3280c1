import BrokerCore

extension WrongBroker {
    static let announcing = [
        WrongBroker("drops announcements", caughtBy: "announce-all", "race-readers") { DropsAnnouncements() },
        WrongBroker("doubles announcements", caughtBy: "announce-all", "announce-attach-twice") {
            DoublesAnnouncements()
        },
        WrongBroker("reorders announcements", caughtBy: "announce-all", "race-readers") { ReordersAnnouncements() },
        WrongBroker("leaks between channels", caughtBy: "publish-apart") { LeaksBetweenChannels() },
        WrongBroker.sharing("announces what is not attached", caughtBy: "announce-attached-only") {
            AnnouncesUnasked()
        },
        WrongBroker("misses messages just after attach has returned", caughtBy: "announce-after-attach") {
            AttachesLate()
        },
        WrongBroker("does not announce deletions", caughtBy: "delete-announced") { KeepsDeletionsQuiet() },
        WrongBroker("does not announce the last message as such", caughtBy: "close-last") { KeepsClosingQuiet() },
        WrongBroker("cuts announcements at 8000 bytes", caughtBy: "content-large") { CutsAnnouncements() },
    ]
}

struct DropsAnnouncements: Fault {
    func hear(_ events: [BrokerEvent]) -> [BrokerEvent] {
        events.filter { event in
            if case .published(let announcement) = event { announcement.message.offset % 5 != 3 } else { true }
        }
    }
}

struct DoublesAnnouncements: Fault {
    func hear(_ events: [BrokerEvent]) -> [BrokerEvent] {
        events.flatMap { event in
            if case .published(let announcement) = event, announcement.message.offset % 3 == 2 {
                [event, event]
            } else {
                [event]
            }
        }
    }
}

/// Holds every seventh announcement of a channel back until the next has gone before it.
final class ReordersAnnouncements: Fault {
    private let held = Locked<[ChannelName: BrokerEvent]>([:])

    func hear(_ events: [BrokerEvent]) -> [BrokerEvent] {
        held.withLock { held in
            events.flatMap { event -> [BrokerEvent] in
                guard case .published(let announcement) = event else { return [event] }
                let channel = announcement.message.channel
                if let earlier = held.removeValue(forKey: channel) { return [event, earlier] }
                guard announcement.message.offset % 7 == 3 else { return [event] }
                held[channel] = event
                return []
            }
        }
    }
}

/// Tells what is published on one attached channel on another one too.
final class LeaksBetweenChannels: Fault {
    private let attached = Locked<Set<ChannelName>>([])

    func attach(_ channels: [ChannelName], on right: any Broker) async throws(BrokerError) {
        attached.withLock { $0.formUnion(channels) }
        try await right.attach(channels)
    }

    func hear(_ events: [BrokerEvent]) -> [BrokerEvent] {
        let attached = attached.withLock { $0 }
        return events.flatMap { event -> [BrokerEvent] in
            guard case .published(var announcement) = event,
                let other = attached.first(where: { $0 != announcement.message.channel })
            else { return [event] }
            announcement.message.channel = other
            return [event, .published(announcement)]
        }
    }
}

/// Attaches every handle that listens to every channel that is published on.
final class AnnouncesUnasked: Fault {
    private let listeners = Locked<[any Broker]>([])

    func attach(_ channels: [ChannelName], on right: any Broker) async throws(BrokerError) {
        listeners.withLock { $0.append(right) }
        try await right.attach(channels)
    }

    func publish(_ publications: [Publication], on right: any Broker) async -> [Result<Receipt, BrokerError>] {
        for listener in listeners.withLock({ $0 }) { try? await listener.attach(publications.map(\.channel)) }
        return await right.publish(publications)
    }
}

/// Answers before it has attached.
struct AttachesLate: Fault {
    func attach(_ channels: [ChannelName], on right: any Broker) async throws(BrokerError) {
        Task {
            try await Task.sleep(for: .milliseconds(5))
            try await right.attach(channels)
        }
    }
}

struct KeepsDeletionsQuiet: Fault {
    func hear(_ events: [BrokerEvent]) -> [BrokerEvent] {
        events.filter { if case .deleted = $0 { false } else { true } }
    }
}

struct KeepsClosingQuiet: Fault {
    func hear(_ events: [BrokerEvent]) -> [BrokerEvent] {
        events.map { event in
            guard case .published(var announcement) = event else { return event }
            announcement.closes = false
            return .published(announcement)
        }
    }
}

struct CutsAnnouncements: Fault {
    func hear(_ events: [BrokerEvent]) -> [BrokerEvent] {
        events.map { event in
            guard case .published(var announcement) = event else { return event }
            announcement.message.data = String(announcement.message.data.prefix(8000))
            return .published(announcement)
        }
    }
}
