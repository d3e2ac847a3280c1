/// Why a server that a test needs does not stand.
package struct ServerFailure: Error, CustomStringConvertible {
    package let description: String

    /// - Parameter description: what has failed, for the test's report.
    package init(_ description: String) { self.description = description }
}
