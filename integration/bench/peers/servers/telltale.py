"""Telltale, with its defaults: the memory broker, no limits changed."""

import contextlib
import os
import subprocess

from harness import Running, family
from peer import ALL, Peer, Publishing


class Telltale(Peer):
    name = "telltale"
    transports = ("WebSocket", "SSE")
    has_log = has_tls = shares = True

    def reading(self, transport, since="new"):
        start = "earliest" if since == ALL else "latest"
        if transport == "SSE":
            return ["--path", f"/v1/channels/f{{n}}?since={start}"]
        return ["--ws", "--path", f"/v1/ws?since={start}&channel=f{{n}}", "--more", "&channel=f{n}"]

    def publishing(self, transport):
        return Publishing("/v1/channels/f{n}")

    def version(self):
        return "this tree"

    @contextlib.contextmanager
    def serve(self, bench, tls=None, broker="memory:"):
        environment = {"TELLTALE_BROKER_URL": broker}
        if tls:
            environment |= {"TELLTALE_LISTEN_TLS_CERTIFICATE": str(tls[0]), "TELLTALE_LISTEN_TLS_KEY": str(tls[1])}
        with bench.gateway(tls=tls is not None, **environment) as (pid, port):
            yield Running([pid], port)


class OnRedis(Telltale):
    """The same on a Redis without persistence, which is on the server's core too."""

    name = "telltale-redis"

    @contextlib.contextmanager
    def serve(self, bench, tls=None):
        with bench.redis() as (redis, port), super().serve(bench, tls, f"redis://127.0.0.1:{port}") as running:
            yield Running([*running.pids, redis], running.port)


class OnPostgres(Telltale):
    """The same on a Postgres with its own defaults, durability included, which is on the server's core too."""

    name = "telltale-postgres"

    @contextlib.contextmanager
    def serve(self, bench, tls=None):
        with bench.postgres_server(core=bench.server_core) as (postgres, url), super().serve(bench, tls, url) as running:
            yield Running([*running.pids, *family(postgres)], running.port)
