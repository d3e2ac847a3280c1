/// What makes a schema of one version out of that of the version before.
struct SchemaUpgrade: Sendable {
    /// The version that it leads to.
    let version: Int
    /// One or more statements, with `@schema@` and `@name@` in the places of the schema's name. Need not change
    /// `setting.version`.
    let sql: String

    /// All there are, in order and without holes. The schema's files are always of the newest version.
    static let all = [SchemaUpgrade(version: 2, sql: withFiles(PackageResources.upgrade_2_template, changedIn2))]

    /// The files that are new in version 2, or have functions that are.
    private static let changedIn2 = [
        "04-registry", "20-take", "24-state", "25-register", "30-append", "31-refusals", "32-relay", "35-publish",
        "36-deliver", "45-task", "54-tasks", "72-tasks", "98-comments",
    ]

    /// A template with files in the place of `@files@`.
    private static func withFiles(_ template: [UInt8], _ names: [String]) -> String {
        let files = SchemaScript.files.filter { names.contains($0.name) }
        let text = files.map { String(decoding: $0.content, as: UTF8.self) }.joined(separator: "\n")
        return String(decoding: template, as: UTF8.self).replacing("@files@", with: text)
    }
}
