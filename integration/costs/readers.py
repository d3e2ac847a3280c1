"""Readers that count the messages in what they get, and a publisher."""

import zlib
from contextlib import ExitStack, contextmanager

from raw import Connection

MARK = b"~"  # each message has it once, and nothing else has
GZIP, RAW_DEFLATE = 16 + zlib.MAX_WBITS, -zlib.MAX_WBITS


class Reader(Connection):
    """An event stream. It is made when the gateway has said that it is `opened`."""

    opened = b"event: stream-open"
    fields = ("Accept: text/event-stream",)

    def __init__(self, gateway, target):
        super().__init__(gateway)
        self.messages = 0
        self.request("GET", target, *self.fields)
        assert self.answer(has_body=False).status in (101, 200)
        while self.opened not in self._more():
            pass

    def take(self, count):
        while self.messages < count:
            self._more()
        self.messages -= count

    def _more(self):
        data = self.file.read1(1 << 16)
        assert data, "the stream has ended"
        text = self.decode(data)
        self.messages += text.count(MARK)
        return text

    def decode(self, data):
        return data


class GzipReader(Reader):
    fields = (*Reader.fields, "Accept-Encoding: gzip")

    def __init__(self, gateway, target):
        self.decode = zlib.decompressobj(GZIP).decompress
        super().__init__(gateway, target)


class WebSocketReader(Reader):
    """Of frames that are shorter than 64 KiB."""

    opened = b'"type":"subscribed"'
    fields = (
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")

    def __init__(self, gateway, target):
        self.received = b""
        super().__init__(gateway, target)

    def decode(self, data):
        self.received += data
        payloads, at = [], 0
        while (end := _end_of_frame(self.received, at)) <= len(self.received):
            payloads.append(_payload(self.received[at:end]))
            at = end
        self.received = self.received[at:]
        return b"".join(payloads)


class DeflateReader(WebSocketReader):
    """With permessage-deflate (RFC 7692)."""

    fields = (*WebSocketReader.fields, "Sec-WebSocket-Extensions: permessage-deflate")


def _end_of_frame(data, at):
    """Where the frame that begins there ends (RFC 6455 §5.2): beyond the data while it is not all there."""
    if len(data) < at + 4:
        return at + 4
    length = data[at + 1]
    return at + 2 + length if length < 126 else at + 4 + int.from_bytes(data[at + 2:at + 4], "big")


def _payload(frame):
    payload = frame[2 if frame[1] < 126 else 4:]
    is_compressed = frame[0] & 0x40
    return zlib.decompressobj(RAW_DEFLATE).decompress(payload + b"\0\0\xff\xff") if is_compressed else payload


@contextmanager
def opened(count, kind, gateway, target):
    with ExitStack() as readers:
        yield [readers.enter_context(kind(gateway, target)) for _ in range(count)]


class Publisher(Connection):
    """Publishes over one kept-alive connection."""

    def post(self, channel, data):
        answer = self.request("POST", f"/v1/channels/{channel}", "Content-Type: text/plain", body=data).answer()
        assert answer.status == 200, answer.body

    def post_lines(self, channel, data, count):
        line = b'{"channel":"%s","data":"%s"}\n' % (channel.encode(), data)
        fields = ("Content-Type: application/x-ndjson",)
        answer = self.request("POST", "/v1/publish", *fields, body=line * count).answer()
        assert answer.body.count(b'"offset"') == count, answer.body
