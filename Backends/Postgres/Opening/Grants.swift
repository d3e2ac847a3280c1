/// What a gateway's role has to be allowed beside using the schema: to run functions, which do the rest as their owner.
enum Grants {
    /// The functions that a gateway runs.
    static let functions = [
        "append", "recover", "fetch", "inspect", "remove", "list", "relay", "clean", "configure",
        "record_tasks", "remove_tasks", "claim_tasks", "list_tasks",
    ]

    /// Finds those that the role may not run, and those that are not there.
    static func query(schema: String, functions: [String] = functions) -> Query {
        Query(
            """
            SELECT f.name, p.oid IS NOT NULL
            FROM unnest($2::text[]) WITH ORDINALITY AS f (name, number)
            LEFT JOIN (pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = $1) ON p.proname = f.name
            WHERE p.oid IS NULL OR NOT has_function_privilege(p.oid, 'EXECUTE')
            ORDER BY f.number
            """, [.text(schema), .texts(functions)])
    }

    /// What is missing, and the statement that mends it; `nil`: nothing.
    static func problem(_ rows: Rows, schema: String, user: String) -> String? {
        guard rows.count > 0 else { return nil }
        let (schema, role) = (schema.asIdentifier, user.asIdentifier)
        let found = (0..<rows.count).map { (name: "\(schema).\(rows.text($0, 0) ?? "")", exists: rows.bool($0, 1)) }
        let absent = found.filter { $0.exists == false }.map(\.name)
        guard absent.isEmpty else {
            return "\(absent.joined(separator: ", ")) is missing in the database: drop schema \(schema) with all that "
                + "is in it, or restore it from a backup"
        }
        let names = found.map(\.name).joined(separator: ", ")
        return "role \(role) may not run \(names): GRANT EXECUTE ON FUNCTION \(names) TO \(role)"
    }
}
