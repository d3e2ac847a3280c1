"""The bare loop, integration/bench/limit.c: one thread, and one `send` for each reader and message. No log, no checks."""

import contextlib

from harness import Running
from peer import Peer, Publishing


class Bare(Peer):
    name = "bare"
    transports = ("WebSocket", "SSE")

    def reading(self, transport, since="new"):
        return ["--ws", "--path", "/"] if transport == "WebSocket" else ["--path", "/"]

    def publishing(self, transport):
        return Publishing("/")

    def version(self):
        return "limit.c"

    @contextlib.contextmanager
    def serve(self, bench, tls=None):
        with bench.bare_loop() as (pid, port):
            yield Running([pid], port)
