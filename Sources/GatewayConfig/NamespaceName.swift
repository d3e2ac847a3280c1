import BrokerCore

/// A namespace is what may stand before the first colon of a channel's name.
enum NamespaceName {
    static let rule =
        "a namespace: 1 to \(ChannelName.maximumBytes - 2) bytes of letters, digits and _ - = @ , . ; / ~ +"

    static func accepts(_ name: String) -> Bool {
        guard !name.isEmpty, !name.contains(":") else { return false }
        // The shortest channel of the namespace is the name, a colon and one byte.
        return (try? ChannelName("\(name):x")) != nil
    }
}
