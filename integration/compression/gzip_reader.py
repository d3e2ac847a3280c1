"""Readers of streams as gzip, who look at every byte, and inflate what they have as soon as they have it."""

import time
import zlib
from contextlib import contextmanager

from raw import SECONDS, Connection

GZIP = 16 + zlib.MAX_WBITS


class GzipReader:
    """A stream that arrives as one gzip member: what it holds can be read as it comes."""

    def __init__(self, connection):
        self.connection = connection
        self.answer = connection.answer(has_body=False)
        self.member = zlib.decompressobj(GZIP)
        self.bytes = 0
        self.text = b""

    def until(self, what):
        """All that has come up to and with `what`, which must not need anything behind it."""
        deadline = time.monotonic() + SECONDS
        while what not in self.text:
            assert time.monotonic() < deadline, f"{what} is not among {self.text[-500:]}"
            self._more()
        found, _, self.text = self.text.partition(what)
        return found + what

    def whole(self):
        """All that is left. The member must be whole, its checksum and length right, and nothing behind it."""
        while self._more():
            pass
        assert self.member.eof, "zlib has compared the checksum and the length"
        assert self.member.unused_data == b""
        return self.text

    def _more(self):
        part = self.connection.socket.recv(1 << 16)
        self.bytes += len(part)
        self.text += self.member.decompress(part)
        return part != b""


@contextmanager
def gzip_stream(gateway, target, *headers, accept="text/event-stream", **options):
    with Connection(gateway, **options) as connection:
        # The head is read byte by byte, so that what follows stays in the socket.
        connection.file = connection.socket.makefile("rb", buffering=0)
        fields = (f"Accept: {accept}", "Accept-Encoding: gzip, deflate, br", *headers)
        yield GzipReader(connection.request("GET", target, *fields))


def event(position, data, name=None):
    """An event as a stream of one channel has it."""
    kind = f"event: {name}\n" if name else ""
    return f"id: {position}\n{kind}data: {data}\n\n".encode()
