/// Where the database is, and how to use it.
package struct PostgresOptions: Sendable {
    /// How the native API tells of what it publishes.
    package enum Publish: String, Sendable, CaseIterable {
        /// The publishing transaction itself, at its commit.
        case notify
        /// The gateway that leads, soon after the commit.
        case relay
    }

    /// Where queries go.
    let target: ConnectionTarget
    /// Where notifications come from and session locks are held, which a pooler may not stand before: `listenURL` if
    /// one is given, or else ``target``.
    let listenTarget: ConnectionTarget
    /// Whether ``listenTarget`` was given.
    let hasListenURL: Bool
    /// The schema of all that the broker owns: a lower-case letter or `_`, then these and digits; at most 40 bytes.
    package let schema: String
    /// The schema is for the time of a test.
    let isSandbox: Bool
    package let publish: Publish
    /// How long the server may be silent while it owes an answer.
    var timeout: Duration = .seconds(2)
    /// The time between two round trips through a notification that show whether it works.
    var canaryInterval: Duration = .seconds(3)

    /// The configuration's words for them.
    static let listenKey = "broker.postgres.listen_url"
    static let schemaKey = "broker.postgres.schema"

    /// The longest name of a schema, in bytes: notification channels are named after it, and a name has 63 bytes.
    static let maximumSchemaBytes = 40

    /// - Parameters:
    ///   - url: what libpq takes, a URL or `host=… dbname=…`.
    ///   - listenURL: the same, past a pooler.
    /// - Throws: ``PostgresURLError``, which never shows what may be a password.
    package init(
        url: String, listenURL: String? = nil, schema: String = "telltale", publish: Publish = .notify
    ) throws(PostgresURLError) {
        target = try ConnectionTarget(url)
        do throws(PostgresURLError) {
            listenTarget = if let listenURL { try ConnectionTarget(listenURL) } else { target }
        } catch {
            throw error.of(Self.listenKey)
        }
        hasListenURL = listenURL != nil
        do throws(PostgresURLError) { self.schema = try Self.schema(schema) } catch { throw error.of(Self.schemaKey) }
        isSandbox = false
        self.publish = publish
    }

    private static func schema(_ name: String) throws(PostgresURLError) -> String {
        let isAllowed = name.utf8.allSatisfy { byte in
            switch byte {
            // Capitals are not: settings are named after the schema too, and know no case.
            case UInt8(ascii: "a")...UInt8(ascii: "z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard isAllowed, let first = name.first, !first.isNumber, name.utf8.count <= maximumSchemaBytes else {
            throw PostgresURLError(
                "the schema is 1 to \(maximumSchemaBytes) lower-case letters, digits and _, and begins with no digit")
        }
        guard !name.hasPrefix("pg_") else {
            throw PostgresURLError("PostgreSQL keeps names that begin with pg_ to itself; the schema needs another")
        }
        return name
    }
}

extension PostgresOptions: CustomStringConvertible {
    /// Shows no password.
    package var description: String {
        "\(target)\(hasListenURL ? ", listening at \(listenTarget)" : ""), schema \(schema), publish \(publish)"
    }
}
