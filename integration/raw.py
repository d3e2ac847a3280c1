"""Connections whose every byte the test decides."""

import base64
import json
import os
import select
import socket
import struct
from dataclasses import dataclass

SECONDS = 15


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes = b""

    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """What a problem says went wrong."""
        return self.json()["code"]


class Connection:
    """HTTP/1.1 by hand. Nothing waits longer than `SECONDS`. `source`: an address of one's own to come from."""

    def __init__(self, gateway, receive_buffer=None, source=None):
        self.socket = socket.socket()
        if source:
            self.socket.bind((source, 0))
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(SECONDS)
        self.socket.connect(("127.0.0.1", gateway.port))
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def try_send(self, data):
        """`False`: the gateway had enough before the end."""
        try:
            self.socket.sendall(data)
            return True
        except (ConnectionError, TimeoutError):
            return False

    def request(self, method, target, *headers, body=None, behind=b""):
        fields = ["Host: 127.0.0.1", *headers]
        if body is not None:
            fields.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([f"{method} {target} HTTP/1.1", *fields, "", ""])
        self.send(head.encode() + (body or b"") + behind)
        return self

    def answer(self, has_body=True):
        """The next answer, with its body unless it is a stream or has none."""
        line = self.file.readline()
        assert line.startswith(b"HTTP/1."), f"this is no status line: {line!r}"
        headers = {}
        while (field := self.file.readline()) != b"\r\n":
            assert field, "the connection ended within the headers"
            name, value = field.decode().split(":", 1)
            headers[name.lower()] = value.strip()
        answer = Answer(int(line.split()[1]), headers)
        if has_body and answer.status >= 200 and answer.status != 204:
            answer.body = self._body(headers)
        return answer

    def _body(self, headers):
        if headers.get("transfer-encoding") == "chunked":
            return b"".join(iter(self.chunk, b""))
        if "content-length" in headers:
            return self.file.read(int(headers["content-length"]))
        return self.file.read()

    def chunk(self):
        """The next chunk of a chunked body; the last one is empty."""
        part = self.file.read(int(self.file.readline(), 16))
        self.file.readline()
        return part

    def line(self):
        return self.file.readline().decode()

    def has_something(self, within=0):
        """Whether something came that was not read yet, or the end, within so many seconds."""
        return bool(select.select([self.socket], [], [], within)[0])

    def is_ended(self):
        """Waits for the gateway's end of the connection: nothing more comes."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True


TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(opcode, payload=b"", fin=True, masked=True, reserved=0, declared=None):
    """A client's frame (RFC 6455 §5.2), right or wrong. `declared`: another length than the payload has."""
    length = len(payload) if declared is None else declared
    mark = 0x80 if masked else 0
    if length < 126:
        size = struct.pack("!B", mark | length)
    elif length < 1 << 16:
        size = struct.pack("!BH", mark | 126, length)
    else:
        size = struct.pack("!BQ", mark | 127, length)
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode]) + size
    if not masked:
        return head + payload
    # A key of zeros leaves the payload as it is.
    return head + bytes(4) + payload


class WebSocketConnection(Connection):
    """A WebSocket whose frames the test makes itself, and that answers no ping. `behind`: bytes sent with the handshake."""

    def __init__(self, gateway, target="/v1/ws", behind=b"", **options):
        super().__init__(gateway, **options)
        key = base64.b64encode(os.urandom(16)).decode()
        self.request(
            "GET", target, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}", behind=behind)
        assert self.answer(has_body=False).status == 101

    def frame(self):
        """The next frame: opcode and payload. At the end of the connection `None`."""
        head = self.file.read(2)
        if len(head) < 2:
            return None
        assert not head[1] & 0x80, "a server masks nothing"
        length = head[1] & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self.file.read(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self.file.read(8))
        return head[0] & 0x0F, self.file.read(length)

    def message(self):
        """The next text message."""
        while (found := self.frame()) is not None:
            if found[0] == TEXT:
                return json.loads(found[1])
        raise AssertionError("the connection ended")

    def close_code(self):
        """What the gateway says when it closes."""
        while (found := self.frame()) is not None:
            if found[0] == CLOSE:
                return struct.unpack("!H", found[1][:2])[0] if found[1] else None
        raise AssertionError("the connection ended without a close frame")
