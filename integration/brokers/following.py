"""Readers that follow a channel in the background, by two transports with one face, and keep all that they are told."""

import json
import socket
import threading
from contextlib import contextmanager

from gateway import until
from raw import Connection, WebSocketConnection

SILENCE_SECONDS = 60


class Reader(threading.Thread):
    """Items are dictionaries; `kind` is `open`, `message`, `gap` or `end`."""

    def __init__(self, gateway, channel, since=None):
        super().__init__(daemon=True)
        self.gateway, self.channel, self.since = gateway, channel, since
        self.items = []
        self.failure = None
        self._connection = None
        self._left = False

    def run(self):
        try:
            for item in self.follow():
                self.items.append(item)
        except Exception as error:  # A reader's failure is the test's, told by `problem`.
            self.failure = error
        finally:
            if self._connection:
                self._connection.__exit__()

    def leave(self):
        self._left = True
        try:
            # The thread that reads closes the socket when it sees the end.
            self._connection.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # It has ended already.
        self.join(SILENCE_SECONDS)

    @property
    def problem(self):
        return None if self.is_alive() or self._left else f"{self.failure or 'the stream ended'}"

    def of(self, kind):
        return [item for item in list(self.items) if item["kind"] == kind]

    @property
    def messages(self):
        return self.of("message")

    @property
    def data(self):
        return [item["data"] for item in self.messages]

    @property
    def gaps(self):
        return self.of("gap")

    @property
    def position(self):
        """Where it stands: the id of the last message, or of the opening."""
        return next(item["id"] for item in reversed(list(self.items)) if item["kind"] in ("message", "open"))

    def wait(self, condition, seconds=20):
        until(lambda: condition(self), seconds, lambda: f"{self}: {self.problem or self.items[-3:]}")

    def __str__(self):
        return f"{type(self).__name__} of {self.channel} since {self.since}"


class EventReader(Reader):
    def follow(self):
        query = f"?since={self.since}" if self.since else ""
        self._connection = Connection(self.gateway)
        self._connection.socket.settimeout(SILENCE_SECONDS)
        self._connection.request("GET", f"/v1/channels/{self.channel}{query}", "Accept: text/event-stream")
        answer = self._connection.answer(has_body=False)
        assert answer.status == 200, answer
        fields = {}
        for line in iter(self._connection.line, ""):
            if line == "\n":
                yield from self.item(fields)
                fields = {}
            elif not line.startswith(":"):
                name, value = line[:-1].split(": ", 1)
                fields[name] = f"{fields[name]}\n{value}" if name in fields else value

    @staticmethod
    def item(fields):
        own = {"stream-open": "open", "stream-gap": "gap", "stream-end": "end"}
        event = fields.get("event", "message")
        if event in own:
            yield {"kind": own[event], "id": fields.get("id")} | json.loads(fields["data"])
        elif "id" in fields:
            epoch, offset = fields["id"].split(":")
            yield {"kind": "message", "id": fields["id"], "epoch": epoch, "offset": int(offset), "event": event, "data": fields["data"]}


class WebSocketReader(Reader):
    def follow(self):
        query = f"&since={self.since}" if self.since else ""
        self._connection = WebSocketConnection(self.gateway, f"/v1/ws?channel={self.channel}{query}")
        self._connection.socket.settimeout(SILENCE_SECONDS)
        while True:
            fields = self._connection.message()
            kind = {"subscribed": "open"}.get(fields["type"], fields["type"])
            if kind == "open" and "position" not in fields:
                continue
            if kind == "message":
                fields["id"] = f"{fields['epoch']}:{fields['offset']}"
            yield fields | {"kind": kind, "id": fields.get("id", fields.get("position"))}


KINDS = {"sse": EventReader, "websocket": WebSocketReader}


@contextmanager
def following(gateway, channel, since=None, kinds=KINDS.values()):
    """A reader of each kind, each of which has been told where it starts."""
    readers = [kind(gateway, channel, since) for kind in kinds]
    try:
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.wait(lambda reader: reader.of("open") or reader.problem)
            assert not reader.problem, reader.problem
        yield readers
    finally:
        for reader in readers:
            reader.leave()
