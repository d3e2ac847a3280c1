import BrokerCore

extension WrongBroker {
    static let listing = [
        WrongBroker("lists in the order of a dictionary for people", caughtBy: "list-order") {
            ChangesList { found, _ in found.sort { $0.channel.rawValue.lowercased() < $1.channel.rawValue.lowercased() }
            }
        },
        WrongBroker("takes an underscore of a prefix for any byte", caughtBy: "list-prefix") {
            TakesUnderscoreForAnyByte()
        },
        WrongBroker("begins a page of the list with the last of the one before", caughtBy: "list-pages") {
            ChangesList { found, query in
                if let after = query.after {
                    found.insert(ChannelSummary(channel: after, epoch: .none, top: 0, closed: false), at: 0)
                }
            }
        },
        WrongBroker("lists an open channel as closed", caughtBy: "list-summary") {
            ChangesList { found, _ in for index in found.indices { found[index].closed = true } }
        },
        WrongBroker("cuts names at 63 bytes when it announces", caughtBy: "content-names") { CutsNames() },
    ]
}

struct ChangesList: Fault {
    let change: @Sendable (inout [ChannelSummary], ChannelQuery) -> Void

    init(_ change: @escaping @Sendable (inout [ChannelSummary], ChannelQuery) -> Void) { self.change = change }

    func list(_ query: ChannelQuery, on right: any Broker) async throws(BrokerError) -> [ChannelSummary] {
        var found = try await right.list(query)
        change(&found, query)
        return found
    }
}

struct TakesUnderscoreForAnyByte: Fault {
    func list(_ query: ChannelQuery, on right: any Broker) async throws(BrokerError) -> [ChannelSummary] {
        var wider = query
        if query.prefix.hasSuffix("_") { wider.prefix.removeLast() }
        return try await right.list(wider)
    }
}

/// Tells what it hears under a name that is too short.
struct CutsNames: Fault {
    func hear(_ events: [BrokerEvent]) -> [BrokerEvent] {
        events.map { event in
            guard case .published(var announcement) = event,
                let name = try? ChannelName(String(announcement.message.channel.rawValue.prefix(63)))
            else { return event }
            announcement.message.channel = name
            return .published(announcement)
        }
    }
}
