"""One reader that comes back where it was, by whatever transport, and says what it was not promised."""

import asyncio
import random
import socket
import time

# How long a reader that was told nothing else waits before it comes back, in seconds.
RETRY_SECONDS = (1, 3)
# What a reader that lags takes into the kernel, in bytes: little, so that the lag is the gateway's.
SLOW_RECEIVE_BUFFER = 8192


class Reader(asyncio.Protocol):
    """Follows `channel`; each offset has to follow the one before, over all its connections."""

    def __init__(self, tally, server, channel, source, since, position=None):
        self.tally, self.server, self.channel, self.source, self.since = tally, server, channel, source, since
        self.position = position
        self.offset = None
        self.retry = None
        self.is_open = False
        self.is_leaving = False
        self.transport = None
        self.is_slow = False
        self._attempt = None

    def head(self):
        """The lines of the request."""
        raise NotImplementedError

    def received(self, data):
        """Bytes behind the head of the answer."""
        raise NotImplementedError

    def begin(self):
        # Kept so that it lives until it is done.
        self._attempt = asyncio.ensure_future(self._connect())

    async def _connect(self):
        self.buffer, self.status = b"", None
        try:
            local = (self.source, 0) if self.source else None
            await asyncio.get_running_loop().create_connection(lambda: self, *self.server, local_addr=local)
        except OSError as error:
            self.tally.failed(f"connect: {error.strerror or error}")
            self._come_back()

    def connection_made(self, transport):
        if self.is_leaving:
            return transport.abort()
        self.transport = transport
        if self.is_slow:
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_RECEIVE_BUFFER)
        lines = [*self.head(), f"Host: {self.server[0]}:{self.server[1]}"]
        transport.write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data):
        if self.status is not None:
            return self.received(data)
        self.buffer += data
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        self.status = int(head.split(b" ", 2)[1])
        self.is_chunked = b"transfer-encoding: chunked" in head.lower()
        self.buffer = b""
        if self.status not in (101, 200):
            self.tally.failed(f"status {self.status}")
            return self.transport.close()
        if rest:
            self.received(rest)

    def connection_lost(self, error):
        self.transport = None
        self._closed()
        if not self.is_leaving:
            if self.status is None:
                self.tally.failed("no answer")
            self._come_back()

    def _closed(self):
        if self.is_open:
            self.is_open = False
            self.tally.open -= 1

    def _come_back(self):
        seconds = self.retry or random.uniform(*RETRY_SECONDS)
        asyncio.get_running_loop().call_later(seconds, self._again)

    def _again(self):
        if not self.is_leaving:
            self.tally.returns.append(time.monotonic())
            self.begin()

    def leave(self):
        """For good: who comes again is another reader."""
        self.is_leaving = True
        self._closed()
        self._attempt.cancel()
        if self.transport:
            self.transport.abort()

    def opened(self, position, complete):
        """What the opening says; a second one on the same connection would be wrong."""
        if self.is_open:
            self.tally.wrong(f"{self} was opened twice")
            return
        self.is_open = True
        self.tally.open += 1
        if not complete:
            self.tally.wrong(f"{self} is told that something is missing after {self.position}")
        # A channel may have come to be, or its broker come back: then the epoch is another and the offset is not.
        if self.position is not None and offset_of(position) != offset_of(self.position):
            self.tally.wrong(f"{self} was at {self.position} and begins at {position}")
        self.position, self.offset = position, offset_of(position)

    def message(self, position):
        offset = offset_of(position)
        if offset != self.offset + 1:
            kind = "again" if offset <= self.offset else "too early"
            self.tally.wrong(f"{self} sees {position} after {self.position}: {kind}")
        self.position, self.offset = position, offset
        self.tally.messages += 1

    def gap(self, told):
        self.tally.wrong(f"{self} is told a gap: {told}")

    def __repr__(self):
        return f"{type(self).__name__} on {self.channel}"


def offset_of(position):
    return int(position.rpartition(":")[2])


class Tally:
    """What the readers of one process have seen together."""

    # Complaints and kinds of failure that are kept; more of them say nothing new.
    MOST_WRONG = 20

    def __init__(self):
        self.open = 0
        self.messages = 0
        self.wrongs = 0
        self.samples = []
        self.failures = {}
        self.returns = []

    def wrong(self, text):
        self.wrongs += 1
        if len(self.samples) < self.MOST_WRONG:
            self.samples.append(text)

    def failed(self, text):
        self.failures[text] = self.failures.get(text, 0) + 1
