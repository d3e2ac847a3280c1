"""uWebSockets, by `socketify` and its native publish. It coalesces, as Telltale does. It has no log and no SSE of its own."""

import contextlib
from pathlib import Path

from harness import PYTHON, Running
from measure import accepts, free_port
from packages import python_version
from peer import Peer, Publishing


class UWebSockets(Peer):
    name = "uwebsockets"
    transports = ("WebSocket",)
    shares = True

    def reading(self, transport, since="new"):
        return ["--ws", "--path", "/f{n}", "--more", ",f{n}"]

    def publishing(self, transport):
        return Publishing("/f{n}")

    def version(self):
        return f"socketify {python_version('socketify')}"

    @contextlib.contextmanager
    def serve(self, bench, tls=None):
        port = free_port()
        with bench.process(self.name, [PYTHON, Path(__file__).parent / "app.py", port], port, accepts) as pid:
            yield Running([pid], port)
