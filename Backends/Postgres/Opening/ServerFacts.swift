/// What decides whether a server and a database can be used, and by whom they are.
struct ServerFacts: Equatable, Sendable {
    /// As `server_version_num`: 150020 is 15.20.
    var version: Int
    /// As people write it.
    var versionName: String
    var encoding: String
    var isStandby: Bool
    var isReadOnly: Bool
    /// What a transaction that does not say it has.
    var isolation: String
    var user: String
    var database: String
    /// One start of one server, and a database of it.
    var identity: String

    static let query = Query(
        """
        SELECT current_setting('server_version_num')::int8, split_part(current_setting('server_version'), ' ', 1),
            current_setting('server_encoding'), pg_is_in_recovery(), current_setting('transaction_read_only')::bool,
            current_setting('transaction_isolation'), current_user::text, current_database()::text,
            extract(epoch FROM pg_postmaster_start_time())::text || ' '
                || (SELECT d.oid::text FROM pg_database d WHERE d.datname = current_database())
        """)

    /// The oldest that serves.
    static let oldestVersion = 130_000

    /// Why the server can't be used, with what to do; `nil`: it can.
    var problem: String? {
        if version < Self.oldestVersion { return "it runs PostgreSQL \(versionName): 13 or later is needed" }
        if encoding != "UTF8" {
            return "database \(database) has the encoding \(encoding): UTF8 is needed "
                + "(CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8')"
        }
        if isStandby { return "it is a standby, which takes no writes: name its primary, or all hosts of both" }
        if isReadOnly {
            return "default_transaction_read_only is on, so nothing can be written: "
                + "ALTER ROLE \(user.asIdentifier) SET default_transaction_read_only = off, or the same of the database"
        }
        if isolation != "read committed" {
            return "default_transaction_isolation is \"\(isolation)\": "
                + "ALTER ROLE \(user.asIdentifier) SET default_transaction_isolation = 'read committed'"
        }
        return nil
    }
}

extension ServerFacts {
    /// - Returns: `nil` for rows of another query.
    init?(_ rows: Rows) {
        guard let version = rows.int(0, 0), let versionName = rows.text(0, 1), let encoding = rows.text(0, 2),
            let isStandby = rows.bool(0, 3), let isReadOnly = rows.bool(0, 4), let isolation = rows.text(0, 5),
            let user = rows.text(0, 6), let database = rows.text(0, 7), let identity = rows.text(0, 8)
        else { return nil }
        (self.version, self.versionName, self.encoding) = (Int(version), versionName, encoding)
        (self.isStandby, self.isReadOnly, self.isolation) = (isStandby, isReadOnly, isolation)
        (self.user, self.database, self.identity) = (user, database, identity)
    }
}

extension String {
    /// As SQL takes the name of something, quoted where it must be.
    var asIdentifier: String {
        wholeMatch(of: /[a-z_][a-z0-9_]*/) != nil ? self : "\"\(replacing("\"", with: "\"\""))\""
    }
}
