"""One server that speaks TLS alone, with users that may do no more than they need."""

from servers.certificates import Authority
from servers.redis_server import RedisServer

PREFIX = "telltale:"
# What a gateway needs: its keys, its pub/sub channels, its functions, and to see what server it is.
GATEWAY_RULES = (
    f"~{PREFIX}* &{PREFIX}* -@all +@read +@write +@scripting +@pubsub +@connection -@dangerous +info +time")
PASSWORD = "opensesame"


class TLSSetup(RedisServer):
    def __init__(self, folder):
        self.authority = Authority(folder / "certificates")
        certificate, key = self.authority.issue("server")
        self.client_certificate, self.client_key = self.authority.issue("client")
        super().__init__(
            folder / "server", f"tls-cert-file {certificate}", f"tls-key-file {key}", f"tls-ca-cert-file {self.authority.certificate}",
            "user default off", "user admin on >admin ~* &* +@all", f"user gateway on >{PASSWORD} {GATEWAY_RULES}",
            ssl=True, ssl_ca_certs=self.authority.certificate, ssl_certfile=self.client_certificate, ssl_keyfile=self.client_key,
            username="admin", password="admin")

    @property
    def url(self):
        return self.url_of()

    def url_of(self, user="gateway", password=PASSWORD, host="127.0.0.1", **options):
        given = {"ca": self.authority.certificate, "cert": self.client_certificate, "key": self.client_key} | options
        query = "&".join(f"{name}={value}" for name, value in given.items() if value)
        return f"rediss://{user}:{password}@{host}:{self.port}/0?{query}"
