/// The tables and functions of one schema, as SQL.
package struct SchemaScript: Sendable {
    /// What this gateway works with, as the schema's `setting.version` says it.
    static let version = 2

    let schema: String

    /// - Parameter schema: a name as ``PostgresOptions/schema`` may be.
    package init(schema: String) { self.schema = schema }

    /// All that an empty database needs. To be run in one transaction.
    var creation: String {
        """
        CREATE SCHEMA \(quoted);
        COMMENT ON SCHEMA \(quoted) IS
            'Telltale: channels that browsers follow. Publish with publish() and task(); read with the view log.';

        \(creationInSchema)
        """
    }

    /// The same in a schema that someone has made, who may be another role: without what only the owner of a schema, or
    /// who may create one, is allowed to say of it.
    var creationInSchema: String { render(Self.text(of: Self.files.map(\.content))) }

    /// For people who put the schema into a database themselves: one transaction and, as comments, the grants for roles
    /// that own nothing.
    package var printed: String {
        let grants = render(Self.text(of: [PackageResources.grants_template]))
        let comments = grants.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.isEmpty || line.hasPrefix("--") ? String(line) : "-- \(line)"
        }
        return """
            -- The schema of Telltale's Postgres broker, version \(Self.version).
            BEGIN;

            \(creation)
            COMMIT;

            \(comments.joined(separator: "\n"))

            """
    }

    /// The schema's name as an identifier.
    var quoted: String { "\"\(schema)\"" }

    /// By name, whose first digit the build makes a `_` of; each may use what comes before it.
    static let files: [(name: String, content: [UInt8])] = [
        ("01-tables", PackageResources._1_tables_sql), ("02-settings", PackageResources._2_settings_sql),
        ("03-names", PackageResources._3_names_sql), ("04-registry", PackageResources._4_registry_sql),
        ("10-channel", PackageResources._0_channel_sql), ("20-take", PackageResources._0_take_sql),
        ("21-keep", PackageResources._1_keep_sql), ("22-announce", PackageResources._2_announce_sql),
        ("23-plain", PackageResources._3_plain_sql), ("24-state", PackageResources._4_state_sql),
        ("25-register", PackageResources._5_register_sql), ("30-append", PackageResources._0_append_sql),
        ("31-refusals", PackageResources._1_refusals_sql), ("32-relay", PackageResources._2_relay_sql),
        ("35-publish", PackageResources._5_publish_sql), ("36-deliver", PackageResources._6_deliver_sql),
        ("37-deferred", PackageResources._7_deferred_sql), ("45-task", PackageResources._5_task_sql),
        ("50-values", PackageResources._0_values_sql), ("51-recover", PackageResources._1_recover_sql),
        ("52-fetch", PackageResources._2_fetch_sql), ("53-status", PackageResources._3_status_sql),
        ("54-tasks", PackageResources._4_tasks_sql), ("60-clean", PackageResources._0_clean_sql),
        ("70-export", PackageResources._0_export_sql), ("71-restore", PackageResources._1_restore_sql),
        ("72-tasks", PackageResources._2_tasks_sql), ("98-comments", PackageResources._8_comments_sql),
        ("99-grants", PackageResources._9_grants_sql),
    ]

    private static func text(of files: [[UInt8]]) -> String {
        files.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }

    /// Puts the schema's name in its places.
    func render(_ sql: String) -> String {
        sql.replacing("@schema@", with: quoted).replacing("@name@", with: schema)
    }
}
