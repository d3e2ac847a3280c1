import BrokerCore
import Crypto

/// The name under which a channel's announcements are sent. Channels share a fixed number of them: names to listen to are
/// cut at 63 bytes, and a server goes through all that a session listens to at every notification.
///
/// The SQL functions reckon the same: the low six bits of the first byte of the channel name's SHA-256.
struct Bucket: Hashable, Sendable {
    /// How many there are.
    static let count = 64

    /// At least 0 and below ``count``.
    let index: Int

    init(of channel: ChannelName) {
        var digest = SHA256.hash(data: Array(channel.rawValue.utf8)).makeIterator()
        index = Int(digest.next() ?? 0) % Self.count
    }

    /// - Parameter index: is taken modulo ``count``.
    init(_ index: Int) { self.index = index & (Self.count - 1) }

    /// The name to LISTEN to: the schema's, an underscore and two digits.
    func name(in schema: String) -> String { "\(schema)_\(index < 10 ? "0" : "")\(index)" }
}
