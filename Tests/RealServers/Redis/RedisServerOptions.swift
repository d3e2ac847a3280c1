/// How a Redis begins.
package struct RedisServerOptions: RealServerOptions {
    /// Whom the TLS port lets in.
    package enum TLS: Sendable {
        case anyClient
        /// A client without a certificate of the authority is refused.
        case certifiedClients
    }

    /// What it runs as.
    package enum Kind: Sendable { case server, sentinel }

    /// What it runs as.
    package var kind: Kind
    /// More lines for the configuration file.
    package var config: [String]
    /// A second port, for TLS.
    package var tls: TLS?
    /// Whom the server's certificate is for, as openssl writes it.
    package var certificateNames: String
    /// Users as `ACL SETUSER` takes them: `worker on >secret ~* &* +@all`.
    package var users: [String]
    /// The default user's password.
    package var password: String?
    /// Every write is in a file before it is answered, so that a restart brings all back.
    package var isDurable: Bool
    /// A node of a cluster; its bus takes another port.
    package var isClusterNode: Bool

    /// A lone server that everyone may use.
    package init() { self.init(kind: .server) }

    /// Options that differ from the plainest in these.
    package init(
        kind: Kind = .server, config: [String] = [], tls: TLS? = nil,
        certificateNames: String = "IP:127.0.0.1,DNS:localhost", users: [String] = [], password: String? = nil,
        isDurable: Bool = false, isClusterNode: Bool = false
    ) {
        self.kind = kind
        self.config = config
        self.tls = tls
        self.certificateNames = certificateNames
        self.users = users
        self.password = password
        self.isDurable = isDurable
        self.isClusterNode = isClusterNode
    }
}
