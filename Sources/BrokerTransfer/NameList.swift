package import BrokerCore

/// Names for the operator: the first of them, and how many there are.
package struct NameList: Hashable, Sendable {
    /// Names that are kept, at most.
    package static let maximumNames = 100

    package private(set) var names: [ChannelName] = []
    package private(set) var count = 0

    mutating func note(_ name: ChannelName) {
        if names.count < Self.maximumNames { names.append(name) }
        count += 1
    }
}
