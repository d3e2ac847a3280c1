import BrokerConformance
import BrokerCore

/// A broker that breaks a promise, and the cases of the suite that must say so.
struct WrongBroker: Sendable, CustomStringConvertible {
    let description: String
    let caughtBy: [String]
    let open: ConformanceRunner.Open

    /// - Parameter fault: makes the fault of each handle.
    init(_ description: String, caughtBy: String..., fault: @escaping @Sendable () -> any Fault) {
        self.init(description: description, caughtBy: caughtBy) { settings in
            let right = openMemory(settings)
            return ConformanceHandles(
                writer: FaultyBroker(right.writer, fault: fault()), reader: FaultyBroker(right.reader, fault: fault()))
        }
    }

    init(description: String, caughtBy: [String], open: @escaping ConformanceRunner.Open) {
        self.description = description
        self.caughtBy = caughtBy
        self.open = open
    }

    /// - Parameter fault: makes the one fault that both handles share.
    static func sharing(
        _ description: String, caughtBy: String..., fault: @escaping @Sendable () -> any Fault
    ) -> WrongBroker {
        WrongBroker(description: description, caughtBy: caughtBy) { settings in
            let (right, fault) = (openMemory(settings), fault())
            return ConformanceHandles(
                writer: FaultyBroker(right.writer, fault: fault), reader: FaultyBroker(right.reader, fault: fault))
        }
    }

    /// - Parameter change: what the broker makes of the settings that it is given.
    static func misreading(
        _ description: String, caughtBy: String..., change: @escaping @Sendable (inout BrokerSettings) -> Void
    ) -> WrongBroker {
        WrongBroker(description: description, caughtBy: caughtBy) { settings in
            var settings = settings
            change(&settings)
            return openMemory(settings)
        }
    }

    static let all = announcing + publishing + conditions + recovering + living + listing + tasks
}

extension BrokerSettings {
    mutating func changePolicies(_ change: (inout RetentionPolicy) -> Void) {
        for name in Array(namespaces.keys) {
            if var policy = namespaces.removeValue(forKey: name) {
                change(&policy)
                namespaces[name] = policy
            }
        }
    }
}
