"""A reader by WebSocket: it comes back with its last position, after one to three seconds."""

import json

from swarm.reader import Reader

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class WebSocketReader(Reader):
    def head(self):
        return [
            f"GET /v1/ws?channel={self.channel}&since={self.position or self.since} HTTP/1.1", "Connection: Upgrade",
            "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]

    def received(self, data):
        self.buffer += data
        while frame := self._frame():
            self._take(*frame)

    def _frame(self):
        """The next whole frame; a server masks nothing and this one splits nothing."""
        buffer = self.buffer
        if len(buffer) < 2:
            return None
        begin = {126: 4, 127: 10}.get(buffer[1], 2)
        length = buffer[1] if begin == 2 else int.from_bytes(buffer[2:begin], "big")
        if len(buffer) < max(begin, begin + length):
            return None
        self.buffer = buffer[begin + length:]
        return buffer[0] & 0x0F, buffer[begin:begin + length]

    def _take(self, kind, payload):
        if kind == TEXT:
            self._told(json.loads(payload))
        elif kind == PING:
            # A key of zeros leaves the payload as it is.
            self.transport.write(bytes([0x80 | PONG, 0x80 | len(payload)]) + bytes(4) + payload)
        elif kind == CLOSE:
            self.transport.write(bytes([0x80 | CLOSE, 0x82]) + bytes(4) + payload[:2])
            self.transport.close()

    def _told(self, fields):
        kind = fields["type"]
        if kind == "subscribed":
            self.opened(fields["position"], fields["complete"])
        elif kind == "message":
            self.message(f"{fields['epoch']}:{fields['offset']}")
        elif kind in ("gap", "end", "error"):
            self.gap(fields)
