/// What makes a schema of one version out of that of the version before.
struct SchemaUpgrade: Sendable {
    /// The version that it leads to.
    let version: Int
    /// One or more statements, with `@schema@` and `@name@` in the places of the schema's name. Need not change
    /// `setting.version`.
    let sql: String

    /// All there are, in order and without holes. The schema's files are always of the newest version.
    static let all: [SchemaUpgrade] = []
}
