"""A reader by Server-Sent Events: it comes back with its last id, after the time that it was told."""

import json

from swarm.reader import Reader


class EventStreamReader(Reader):
    def head(self):
        self.text = b""
        start = "" if self.position else f"?since={self.since}"
        lines = [f"GET /v1/channels/{self.channel}{start} HTTP/1.1", "Accept: text/event-stream"]
        return [*lines, f"Last-Event-ID: {self.position}"] if self.position else lines

    def received(self, data):
        self.text += self._unchunked(data) if self.is_chunked else data
        *blocks, self.text = self.text.split(b"\n\n")
        for block in blocks:
            self._event(dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line and line[0] != 58))

    def _unchunked(self, data):
        """The whole chunks that have come (RFC 9112 §7.1). The last is empty: a proxy keeps the connection, a browser does not need it."""
        self.buffer += data
        found = b""
        while (end := self.buffer.find(b"\r\n")) > 0:
            last = end + 2 + int(self.buffer[:end], 16)
            if len(self.buffer) < last + 2:
                break
            if last == end + 2:
                self.transport.close()
            found += self.buffer[end + 2:last]
            self.buffer = self.buffer[last + 2:]
        return found

    def _event(self, fields):
        if retry := fields.get(b"retry"):
            self.retry = int(retry) / 1000
        event = fields.get(b"event")
        if event == b"stream-open":
            self.opened(fields[b"id"].decode(), json.loads(fields[b"data"])["complete"])
        elif event in (b"stream-gap", b"stream-end", b"stream-error"):
            self.gap(fields)
        elif b"id" in fields:
            self.message(fields[b"id"].decode())
