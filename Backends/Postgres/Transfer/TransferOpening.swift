package import BrokerCore
package import Logging

extension PostgresChannelStore {
    /// Connects, and sees that channels can be read, and written if they are to be. Changes no settings of a schema that is
    /// there; a target's that is not there is made, with `settings`.
    /// - Throws: ``PostgresOpeningError``, one line that says which it is and what to do.
    package static func open(
        _ options: PostgresOptions, settings: BrokerSettings, forWriting isTarget: Bool, logger: Logger
    ) async throws(PostgresOpeningError) -> PostgresChannelStore {
        let executor = PollingExecutor(name: "pg-copy")
        do throws(Obstacle) {
            let opening = TransferOpening(options: options, settings: settings, logger: logger)
            let connections = try await opening.run(on: executor, forWriting: isTarget)
            return PostgresChannelStore(schema: options.schema, connections: connections)
        } catch {
            executor.shutdown()
            switch error {
            case .unusable(let words): throw PostgresOpeningError(words, at: options.target)
            case .failed(let error): throw PostgresOpeningError(error, at: options.target)
            }
        }
    }
}

/// The checks before a copy.
struct TransferOpening {
    /// The functions that reading needs, and those that writing needs beside them.
    private static let reading = ["list", "export", "relay", "export_tasks"]
    private static let writing = [
        "restore_begin", "restore_messages", "restore_keys", "restore_commit", "restore_abandon",
        "import_tasks",
    ]

    let options: PostgresOptions
    let settings: BrokerSettings
    let logger: Logger

    func run(
        on executor: PollingExecutor, forWriting isTarget: Bool
    ) async throws(Obstacle) -> TransferConnections {
        let connection: PostgresConnection
        do throws(PostgresError) {
            connection = try await .connect(options.target, on: executor, logger: logger)
        } catch {
            throw .failed(error)
        }
        do throws(Obstacle) {
            try await check(connection, forWriting: isTarget)
        } catch {
            connection.close()
            throw error
        }
        do throws(PostgresError) {
            return try await TransferConnections(connection, to: options.target, on: executor, logger: logger)
        } catch {
            throw .failed(error)
        }
    }

    private func check(_ connection: PostgresConnection, forWriting isTarget: Bool) async throws(Obstacle) {
        let facts = try await connection.ask(ServerFacts.query) { ServerFacts($0) }
        if let problem = facts.problem { throw .unusable(problem) }
        let script = SchemaScript(schema: options.schema)
        if !isTarget { try await expectSchema(script, connection, facts) }
        let isNew = try await SchemaInstallation(connection: connection, facts: facts, script: script, logger: logger)
            .run()
        let functions = Self.reading + (isTarget ? Self.writing : [])
        let problem = try await connection.ask(Grants.query(schema: options.schema, functions: functions)) { rows in
            Optional.some(Grants.problem(rows, schema: options.schema, user: facts.user))
        }
        if let problem { throw .unusable(problem) }
        if isNew {
            let document = SettingsDocument.text(settings, publish: options.publish)
            let configure = Query("SELECT \(script.quoted).configure($1::text::jsonb)", [.text(document)])
            _ = try await connection.ask(configure) { $0.bool(0, 0) }
        }
    }

    /// There is nothing to copy from where there is no schema, and none is to be made there.
    private func expectSchema(
        _ script: SchemaScript, _ connection: PostgresConnection, _ facts: ServerFacts
    ) async throws(Obstacle) {
        let state = try await connection.ask(SchemaState.query(schema: options.schema)) { SchemaState($0) }
        guard state.isFilled else {
            throw .unusable(
                "there are no channels to copy: database \(facts.database.asIdentifier) has no schema "
                    + "\(options.schema.asIdentifier) of Telltale")
        }
    }
}
