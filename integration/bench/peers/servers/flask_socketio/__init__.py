"""Flask-SocketIO with gevent and Redis: what a Flask application has at hand. One process, as there is one core."""

import contextlib
from pathlib import Path

from harness import PYTHON, Running
from measure import accepts, free_port
from packages import python_version
from peer import Peer, Publishing

CONNECT = "40"  # a reader's first packet: Engine.IO message, Socket.IO connect


class FlaskSocketIO(Peer):
    name = "flask-socketio"
    transports = ("WebSocket",)
    readers_most = 1_000
    window = 16
    rest_rate = 10_000

    def reading(self, transport, since="new"):
        return ["--ws", "--path", "/socket.io/?EIO=4&transport=websocket&channel=f{n}", "--hello", CONNECT]

    def publishing(self, transport):
        return Publishing("/publish/f{n}")

    def version(self):
        return python_version("Flask-SocketIO")

    @contextlib.contextmanager
    def serve(self, bench, tls=None):
        port, app = free_port(), Path(__file__).parent / "app.py"
        with bench.redis() as (redis, redis_port):
            queue = f"redis://127.0.0.1:{redis_port}/0"
            with bench.process(self.name, [PYTHON, app, port, queue], port, accepts) as pid:
                yield Running([pid, redis], port)
