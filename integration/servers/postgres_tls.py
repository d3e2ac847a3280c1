"""One server that takes TLS and scram alone, with a gateway's user that owns nothing but what it makes."""

import shutil

from servers.certificates import Authority
from servers.postgres_server import PostgresServer, give

# With what a URL must escape.
PASSWORD = "opensesame/@:? %"
ESCAPED = "opensesame%2F%40%3A%3F%20%25"


class TLSSetup(PostgresServer):
    user = "gateway"

    def __init__(self, *lines, names="DNS:localhost,IP:127.0.0.1", rule="scram-sha-256"):
        super().__init__("ssl = on", "ssl_cert_file = 'server.crt'", "ssl_key_file = 'server.key'", "ssl_ca_file = 'authority.crt'", *lines)
        self.authority = Authority(self.folder / "certificates")
        certificate, key = self.authority.issue("server", names)
        for source, name in ((certificate, "server.crt"), (key, "server.key"), (self.authority.certificate, "authority.crt")):
            shutil.copyfile(source, self.data / name)
            (self.data / name).chmod(0o600)
            give(self.data / name)
        (self.data / "pg_hba.conf").write_text(f"local all postgres trust\nhostssl all all 127.0.0.1/32 {rule}\n")

    def start(self):
        is_fresh = self.process is None
        super().start()
        if is_fresh:
            self.query(f"CREATE ROLE gateway LOGIN PASSWORD '{PASSWORD}'")
            self.query("GRANT CREATE ON DATABASE postgres TO gateway")
        return self

    @property
    def url(self):
        return self.url_of()

    def url_of(self, user="gateway", password=ESCAPED, host="127.0.0.1", **options):
        given = {"sslmode": "verify-full", "sslrootcert": self.authority.certificate} | options
        query = "&".join(f"{name}={value}" for name, value in given.items() if value)
        return f"postgresql://{user}:{password}@{host}:{self.port}/{self.database}?{query}"
