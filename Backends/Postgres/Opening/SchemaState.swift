/// What there is of the schema, and what the role may do with it.
struct SchemaState: Equatable, Sendable {
    /// The schema is there, whatever is in it.
    var exists: Bool
    /// The broker's tables are in it.
    var isFilled: Bool
    /// There is something in it that is not the broker's, as far as can be told where the broker's is not there.
    var isForeign: Bool
    var owner: String
    /// The role is the owner, or may act as it.
    var mayActAsOwner: Bool
    /// The role may create schemas in the database.
    var mayCreateSchema: Bool
    /// The role may create tables and functions in the schema.
    var mayFill: Bool
    var mayUse: Bool
    /// The role may read the version.
    var mayReadVersion: Bool

    static func query(schema: String) -> Query {
        Query(
            """
            SELECT n.oid IS NOT NULL, v.attrelid IS NOT NULL,
                v.attrelid IS NULL AND (EXISTS (SELECT FROM pg_class o WHERE o.relnamespace = n.oid)
                    OR EXISTS (SELECT FROM pg_proc o WHERE o.pronamespace = n.oid)
                    OR EXISTS (SELECT FROM pg_type o WHERE o.typnamespace = n.oid)),
                coalesce(pg_get_userbyid(n.nspowner)::text, ''),
                coalesce(pg_has_role(n.nspowner, 'USAGE'), false),
                has_database_privilege(current_database(), 'CREATE'),
                coalesce(has_schema_privilege(n.oid, 'CREATE'), false),
                coalesce(has_schema_privilege(n.oid, 'USAGE'), false),
                coalesce(has_column_privilege(v.attrelid, v.attnum, 'SELECT'), false)
            FROM (VALUES ($1::text)) AS asked (name)
            LEFT JOIN pg_namespace n ON n.nspname = asked.name
            LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'setting' AND c.relkind = 'r'
            LEFT JOIN pg_attribute v ON v.attrelid = c.oid AND v.attname = 'version' AND NOT v.attisdropped
            """, [.text(schema)])
    }

    /// - Returns: `nil` for rows of another query.
    init?(_ rows: Rows) {
        guard let exists = rows.bool(0, 0), let isFilled = rows.bool(0, 1), let isForeign = rows.bool(0, 2),
            let owner = rows.text(0, 3), let mayActAsOwner = rows.bool(0, 4), let mayCreateSchema = rows.bool(0, 5),
            let mayFill = rows.bool(0, 6), let mayUse = rows.bool(0, 7), let mayReadVersion = rows.bool(0, 8)
        else { return nil }
        (self.exists, self.isFilled, self.isForeign) = (exists, isFilled, isForeign)
        (self.owner, self.mayActAsOwner) = (owner, mayActAsOwner)
        (self.mayCreateSchema, self.mayFill) = (mayCreateSchema, mayFill)
        (self.mayUse, self.mayReadVersion) = (mayUse, mayReadVersion)
    }
}
