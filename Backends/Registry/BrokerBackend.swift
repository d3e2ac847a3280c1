package import BrokerCore

/// A broker that a URL names: handles on it see the same channels.
package protocol BrokerBackend: Sendable {
    /// The URL's scheme, for logs and messages.
    var scheme: String { get }

    /// Opens one more handle.
    /// - Throws: when the broker can't be reached or used; the error's description says which it is and what to do.
    func open() async throws -> any Broker

    /// The same broker with the same settings, under names that no one else has, for a test that may run beside gateways
    /// in use. Each call gives another one.
    func sandbox() -> any BrokerSandbox
}

/// A backend for the time of a test.
package protocol BrokerSandbox: BrokerBackend {
    /// Removes all that handles of this sandbox have left in the broker, and what opening them put there. The caller's duty
    /// when the last of them has ended, also when none could be opened.
    /// - Throws: when the broker can't be reached; what is left then goes with its channels' time, where the broker can do that.
    func remove() async throws
}
