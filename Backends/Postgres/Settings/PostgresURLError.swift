/// What is wrong with a connection string or an option beside it, in one line that says what is allowed. Never shows a
/// password, nor what may be a part of one.
package struct PostgresURLError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
