/// Why a broker can't be opened, where that may lie with another key of the configuration than its URL.
package protocol KeyedError: Error {
    /// The key's path, as `broker.postgres.schema`; `nil`: the URL.
    var key: String? { get }
}
