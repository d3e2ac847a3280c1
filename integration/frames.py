"""The gateway's JSON over a `websockets` connection."""

import json

from websockets.exceptions import ConnectionClosed

SECONDS = 15


class Socket:
    def __init__(self, connection):
        self.connection = connection

    def say(self, **fields):
        self.connection.send(json.dumps(fields))

    def hear(self):
        return json.loads(self.connection.recv(timeout=SECONDS))

    def ask(self, **fields):
        self.say(**fields)
        return self.hear()

    def end(self):
        """What was said last, and the close code."""
        said = []
        try:
            while True:
                said.append(self.hear())
        except ConnectionClosed as closed:
            return said, closed.rcvd.code
