package import BrokerCore

/// Where a reader of several channels stands, as a query string: `a=k3f9:117&b=77ab:4`, names percent-encoded.
package struct PositionSet {
    package let positions: [ChannelName: Position]

    /// - Throws: `InvalidName` when a name or a position is none.
    package init(_ text: String) throws(InvalidName) {
        var positions: [ChannelName: Position] = [:]
        for entry in text.split(separator: "&") {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = Percent.decode(parts[0]), let position = Percent.decode(parts[1]) else {
                throw InvalidName(kind: .position, found: String(entry), rule: "CHANNEL=EPOCH:OFFSET&…")
            }
            positions[try ChannelName(name)] = try Position(position)
        }
        self.positions = positions
    }
}
