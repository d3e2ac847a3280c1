import CLibpq
import Glibc

/// What a target comes to now, with the service file, the environment and our defaults: which hosts are tried in turn,
/// and with which options.
///
/// libpq would try the hosts by itself, but a host that is silent would then take all the time there is: its own limit
/// for each works only where it blocks.
struct ConnectionPlan {
    struct Host {
        /// A name, an address, or a unix socket's folder; `nil`: libpq's default.
        var name: String?
        var address: String?
        var port: String

        var isSocket: Bool { name.map { $0.hasPrefix("/") || $0.hasPrefix("@") } ?? (address == nil) }
    }

    let hosts: [Host]
    /// What a session must be like, for one round of all hosts after the other.
    let rounds: [String]
    /// How long one address may take.
    let timeout: Duration
    private let options: [String: String]

    init(_ target: ConnectionTarget) throws(PostgresError) {
        var options = try Self.expand(target.options)
        hosts = Self.hosts(options)
        let wanted = options["target_session_attrs"] ?? "any"
        // A list of hosts is one of servers that follow each other as the primary.
        let isUnsaid = target.options["target_session_attrs"] == nil && wanted == "any"
        let rounds = wanted == "prefer-standby" ? ["standby", "any"] : [wanted]
        self.rounds = isUnsaid && hosts.count > 1 ? ["read-write"] : rounds
        let seconds = options["connect_timeout"].flatMap { Int($0) } ?? 0
        timeout = seconds > 0 ? .seconds(seconds) : target.connectTimeout
        options["gssencmode"] = target.options["gssencmode"] ?? "disable"
        self.options = options.merging(Self.defaults) { said, _ in said }.merging(Self.always) { _, always in always }
    }

    /// The options for one address.
    func options(for host: Host, address: String?, session: String) -> [String: String] {
        var options = options
        options["host"] = host.name
        options["hostaddr"] = address
        options["port"] = host.port
        options["target_session_attrs"] = session
        return options
    }

    /// A connection that breaks without a word is noticed in about 25 s, also while nothing is under way.
    private static let defaults = [
        "fallback_application_name": "telltale",
        "keepalives": "1", "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3",
        // Milliseconds.
        "tcp_user_timeout": "15000",
    ]

    private static let always = ["client_encoding": "UTF8"]

    private static func hosts(_ options: [String: String]) -> [Host] {
        func list(_ name: String) -> [String] {
            options[name]?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
        }
        let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
        func entry(_ list: [String], _ index: Int) -> String? {
            list.indices.contains(index) && !list[index].isEmpty ? list[index] : nil
        }
        return (0..<max(names.count, addresses.count, 1)).map { index in
            let port = ports.count == 1 ? ports.first : entry(ports, index)
            return Host(name: entry(names, index), address: entry(addresses, index), port: port ?? "5432")
        }
    }

    /// Adds what the service file and the environment say.
    ///
    /// libpq tells it of a connection only. So one is begun that can't be: it reads everything, then comes upon an
    /// option that makes no sense, and nothing goes out to the network.
    private static func expand(_ options: [String: String]) throws(PostgresError) -> [String: String] {
        let nonsense = "nothing-is-connected"
        let connection = ConnectStart.start(options.merging(["gssencmode": nonsense]) { _, nonsense in nonsense })
        guard let connection else { throw .unreachable(reason: "PostgreSQL: out of memory") }
        defer { PQfinish(connection) }
        let message = String(cString: PQerrorMessage(connection))
        guard message.contains(nonsense), let list = PQconninfo(connection) else {
            throw .unreachable(reason: "PostgreSQL: \(OneLine.of(message))")
        }
        defer { PQconninfoFree(list) }
        return ConnectionString.options(list)
    }
}

/// Begins a connection by its options.
enum ConnectStart {
    /// `nil`: out of memory.
    static func start(_ options: [String: String]) -> OpaquePointer? {
        let keywords = options.keys.map { strdup($0) }
        let values = options.values.map { strdup($0) }
        defer { for text in keywords + values { free(text) } }
        let connection = PQconnectStartParams(
            keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 0)
        // Else they are printed.
        if let connection { PQsetNoticeReceiver(connection, { _, _ in }, nil) }
        return connection
    }
}
