/// One statement with its parameters. It is sent unnamed, so it also works through a pooler; parameters and results are
/// in the binary format.
package struct Query: Sendable {
    package var sql: String
    /// `$1` and so on; at most 65,535.
    package var parameters: [Parameter]

    /// - Parameter sql: one statement, without U+0000.
    package init(_ sql: String, _ parameters: [Parameter] = []) { (self.sql, self.parameters) = (sql, parameters) }

    /// About the bytes on the wire.
    var size: Int { parameters.reduce(sql.utf8.count + 64) { $0 + ($1.bytes?.count ?? 0) + 16 } }
}
