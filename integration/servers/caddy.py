"""A real Caddy, from deploy/Caddyfile."""

from gateway import free_port
from servers.front import Front


class Caddy(Front):
    name = "Caddyfile"

    def replaced(self):
        return {
            "localhost:2019": f"127.0.0.1:{free_port()}",
            ":80 {": f":{self.port} {{\n\tbind 127.0.0.1",
        }

    def command(self):
        return ["caddy", "run", "--config", self.configuration, "--adapter", "caddyfile"]
