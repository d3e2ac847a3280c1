/// Where to connect, and as whom: what a connection string says, and how long it may take. Shows no password to those
/// who print it.
struct ConnectionTarget: Sendable {
    /// By libpq's names, as the string gives them; a service file and the environment come to it with every connection.
    let options: [String: String]
    /// How long one address may take until it can be used, unless `connect_timeout` says it.
    var connectTimeout: Duration = .seconds(2)

    init(_ text: String) throws(PostgresURLError) { options = try ConnectionString.parse(text) }
}

extension ConnectionTarget: CustomStringConvertible, CustomReflectable {
    /// `user@host:5432,other:5432/database`, of what the string says.
    var description: String {
        let user = options["user"].map { "\($0)@" } ?? ""
        let hosts = (options["host"] ?? options["hostaddr"])?.split(separator: ",", omittingEmptySubsequences: false)
        let ports = options["port"]?.split(separator: ",", omittingEmptySubsequences: false) ?? []
        let places = (hosts ?? [""]).enumerated().map { index, host in
            let port = index < ports.count ? ports[index] : ports.last ?? ""
            return "\(host)\(port.isEmpty ? "" : ":\(port)")"
        }
        let service = options["service"].map { "(service \($0))" } ?? ""
        let database = options["dbname"].map { "/\($0)" } ?? ""
        let place = "\(user)\(places.joined(separator: ","))\(database)"
        return [place, service].filter { !$0.isEmpty }.joined(separator: " ")
    }

    var customMirror: Mirror { Mirror(self, children: ["target": description]) }
}
