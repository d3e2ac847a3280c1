/// How a PostgreSQL begins.
package struct PostgresServerOptions: RealServerOptions {
    /// More lines for `postgresql.conf`.
    package var config: [String]
    /// Lines of `pg_hba.conf` that come before those that let everyone in.
    package var access: [String]
    /// The names that the server's certificate is for, as openssl writes them; `nil`: it speaks no TLS.
    package var certificateNames: String?
    /// A crash loses nothing that was committed, also when the system goes down with it.
    package var isDurable: Bool

    /// One without TLS that lets everyone in.
    package init() { self.init(config: []) }

    /// Options that differ from the plainest in these.
    package init(
        config: [String] = [], access: [String] = [], certificateNames: String? = nil, isDurable: Bool = false
    ) {
        self.config = config
        self.access = access
        self.certificateNames = certificateNames
        self.isDurable = isDurable
    }
}
