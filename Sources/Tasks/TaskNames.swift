package import BrokerCore

/// The events and retain keys of a task's messages.
package enum TaskNames {
    package static let state = name("state")
    package static let progress = name("progress")
    package static let cancel = name("cancel")
    package static let stateKey = key("state")
    package static let progressKey = key("progress")
    package static let cancelKey = key("cancel")

    private static func name(_ text: StaticString) -> EventName {
        guard let name = try? EventName("\(text)") else { preconditionFailure("\(text) is no event") }
        return name
    }

    private static func key(_ text: StaticString) -> RetainKey {
        guard let key = try? RetainKey("\(text)") else { preconditionFailure("\(text) is no retain key") }
        return key
    }
}
