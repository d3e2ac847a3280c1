import Logging

/// Sees that the schema is there, in this gateway's version. Any number of gateways may do it at the same time: the
/// steps are taken under a lock, and one that another has taken meanwhile is not taken again.
struct SchemaInstallation {
    /// Steps and lost races of one start, at most.
    private static let maximumRounds = 100

    let connection: PostgresConnection
    let facts: ServerFacts
    let script: SchemaScript
    let logger: Logger
    /// The schema is for the time of a test, see ``PostgresOptions/sandboxed()``.
    var isSandbox = false
    var upgrades = SchemaUpgrade.all

    /// - Returns: whether the schema is a new one.
    func run() async throws(Obstacle) -> Bool {
        var isNew = false
        for _ in 0..<Self.maximumRounds {
            guard let step = try await nextStep() else { return isNew }
            guard try await take(step) else { continue }
            isNew = isNew || step.version == nil
            logger.notice("Postgres: \(step.summary)", metadata: ["schema": "\(script.schema)"])
        }
        throw .unusable("schema \(script.quoted) changes while this gateway starts")
    }

    /// One transaction's work.
    private struct Step {
        /// The version that it begins with; `nil`: there is no schema.
        var version: Int?
        var sql: String
        /// For the log.
        var summary: String
    }

    /// What has to be done; `nil`: nothing.
    private func nextStep() async throws(Obstacle) -> Step? {
        let state = try await connection.ask(SchemaState.query(schema: script.schema)) { SchemaState($0) }
        if let problem = state.problem(in: script, facts: facts, isSandbox: isSandbox) { throw .unusable(problem) }
        guard state.isFilled else {
            let sql = state.exists ? script.creationInSchema : script.creation
            return Step(version: nil, sql: sql, summary: "the schema has been made")
        }
        let version = try await connection.ask(Query("SELECT version::int8 FROM \(script.quoted).setting")) { rows in
            rows.int(0, 0).map(Int.init)
        }
        return try step(from: version, state)
    }

    private func step(from version: Int, _ state: SchemaState) throws(Obstacle) -> Step? {
        let newest = upgrades.last?.version ?? SchemaScript.version
        if version == newest { return nil }
        if version > newest {
            throw .unusable(
                "schema \(script.quoted) is of version \(version), and this gateway knows none above \(newest): "
                    + "run the newer Telltale, or name another schema in broker.postgres.schema")
        }
        guard let upgrade = upgrades.first(where: { $0.version == version + 1 }) else {
            throw .unusable(
                "schema \(script.quoted) is of version \(version), which this gateway can't bring to \(newest): "
                    + "name another schema in broker.postgres.schema")
        }
        guard state.mayActAsOwner else {
            throw .unusable(
                "schema \(script.quoted) is of version \(version), and only its owner may bring it to \(newest): "
                    + "start a gateway as role \(state.owner.asIdentifier) once")
        }
        let sql = "\(script.render(upgrade.sql));\nUPDATE \(script.quoted).setting SET version = \(upgrade.version);"
        return Step(version: version, sql: sql, summary: "the schema is of version \(upgrade.version) now")
    }

    /// - Returns: `false` when another was there first, and nothing has been done.
    private func take(_ step: Step) async throws(Obstacle) -> Bool {
        do throws(PostgresError) {
            try await connection.script(precondition(of: step) + step.sql, timeout: PostgresConnection.openingTimeout)
            return true
        } catch {
            if error.sqlState == Self.wasFirst { return false }
            throw .failed(error)
        }
    }

    /// What says that another has taken the step.
    private static let wasFirst = "TT009"

    /// The lock, until the transaction's end; and an error if what the step begins with is not so any more.
    private func precondition(of step: Step) -> String {
        let found = "to_regclass('\(script.quoted).setting')"
        let holds =
            if let version = step.version {
                "\(found) IS NOT NULL AND (SELECT version FROM \(script.quoted).setting) = \(version)"
            } else {
                "\(found) IS NULL"
            }
        return """
            SET LOCAL client_min_messages = warning;
            SELECT pg_advisory_xact_lock(\(AdvisoryLock.migration.number(schema: script.schema)));
            DO $precondition$ BEGIN
                IF NOT (\(holds)) THEN RAISE 'another gateway was first' USING ERRCODE = '\(Self.wasFirst)'; END IF;
            END $precondition$;

            """
    }
}

extension SchemaState {
    /// Why the role can't use the schema, or make it, with what to do; `nil`: it can.
    fileprivate func problem(in script: SchemaScript, facts: ServerFacts, isSandbox: Bool) -> String? {
        let (role, name) = (facts.user.asIdentifier, script.schema.asIdentifier)
        let database = facts.database.asIdentifier
        let option = script.schema == "telltale" ? "" : " --schema \(script.schema)"
        let alternative = "or let someone who may run: telltale schema\(option) | psql \(database)"
        if !exists, !mayCreateSchema, isSandbox {
            return "a test works in a schema of its own in database \(database), and role \(role) may not create one: "
                + "GRANT CREATE ON DATABASE \(database) TO \(role), or test as a role that may"
        }
        if !exists, !mayCreateSchema {
            return "there is no schema \(name) in database \(database), and role \(role) may not create it: "
                + "GRANT CREATE ON DATABASE \(database) TO \(role), \(alternative)"
        }
        if isForeign {
            return "schema \(name) holds what is not Telltale's: name another in broker.postgres.schema"
        }
        if exists, !isFilled, !mayFill {
            return "schema \(name) has no tables of Telltale, and role \(role) may not create them: "
                + "GRANT CREATE, USAGE ON SCHEMA \(name) TO \(role), \(alternative)"
        }
        if exists, !mayUse {
            return "role \(role) may not use schema \(name): GRANT USAGE ON SCHEMA \(name) TO \(role)"
        }
        if isFilled, !mayReadVersion {
            return "role \(role) may not read \(name).setting: GRANT SELECT ON \(name).setting TO \(role)"
        }
        return nil
    }
}
