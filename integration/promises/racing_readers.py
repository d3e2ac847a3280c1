"""A process full of readers: each sees every message once, in order, whatever happens to its connections.

    racing_readers.py BASE_URL CHANNEL FIRST COUNT

Readers are numbered. Even ones follow by EventSource, odd ones by WebSocket; every third drops its connection all the time and comes
back to its place; every seventh reads slowly, through a small receive buffer. Prints a JSON line for each: what it saw, and what was wrong.
"""

import asyncio
import json
import random
import socket
import sys

import aiohttp

SLOW_BUFFER_BYTES = 4096


class Reader:
    def __init__(self, base_url, channel, number):
        self.url = f"{base_url}/v1/channels/{channel}"
        self.number = number
        self.random = random.Random(number)
        self.drops = number % 3 == 0
        self.is_slow = number % 7 == 3
        self.position = None
        self.offset = 0
        self.latest = {}
        self.wrong = []
        self.connections = 0
        self.ended = False

    async def run(self):
        follow = self.follow_websocket if self.number % 2 else self.follow_events
        async with aiohttp.ClientSession(connector=self.connector(), timeout=aiohttp.ClientTimeout(total=None, sock_read=40)) as session:
            while not self.ended and not self.wrong:
                self.connections += 1
                left = self.random.randrange(1, 150) if self.drops else sys.maxsize
                await follow(session, left)
        return self

    def connector(self):
        def make(address):
            made = socket.socket(address[0], address[1], address[2])
            if self.is_slow:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_BUFFER_BYTES)
            return made

        return aiohttp.TCPConnector(socket_factory=make, force_close=True)

    async def follow_events(self, session, left):
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": self.position} if self.position else {})
        async with session.get(self.url, headers=headers) as response:
            if response.status == 204:
                self.ended = True
                return
            rest = b""
            async for part in response.content.iter_any():
                *blocks, rest = (rest + part).split(b"\n\n")
                for block in blocks:
                    fields = dict(line.split(": ", 1) for line in block.decode().split("\n") if not line.startswith(":"))
                    left -= self.saw(fields.get("event", "message"), fields.get("id"), fields.get("data"))
                if self.ended or self.wrong or left <= 0:
                    return
                await self.pause()

    async def follow_websocket(self, session, left):
        query = {"since": self.position} if self.position else {}
        async with session.ws_connect(self.url, params=query, max_msg_size=0, autoping=True) as connection:
            async for message in connection:
                fields = json.loads(message.data)
                kind = {"message": "message", "subscribed": "stream-open", "gap": "stream-gap", "end": "stream-end"}.get(fields["type"])
                id = fields.get("position") or (f"{fields['epoch']}:{fields['offset']}" if kind == "message" else None)
                left -= self.saw(kind, id, fields.get("data"))
                if self.ended or self.wrong or left <= 0:
                    return
                if self.is_slow and self.offset % 40 == 0:
                    await self.pause()

    async def pause(self):
        if self.is_slow:
            await asyncio.sleep(self.random.random() * 0.05)

    def saw(self, event, id, data):
        """Takes in an event; 1 if it was a message."""
        if event == "stream-end":
            self.ended = True
        elif event == "stream-gap":
            self.wrong.append(f"a gap: {data}")
        elif event == "stream-open":
            if self.position not in (None, "0:0", id):
                self.wrong.append(f"came back with {self.position} and was opened at {id}")
            self.position = id
        elif event == "message" and id:
            return self.saw_message(id, data)
        return 0

    def saw_message(self, id, data):
        offset = int(id.split(":")[1])
        if offset != self.offset + 1:
            self.wrong.append(f"offset {offset} after {self.offset}")
        self.position, self.offset = id, offset
        publisher, number = map(int, data.split(" ")[:2])
        if number != self.latest.get(publisher, -1) + 1:
            self.wrong.append(f"message {number} of publisher {publisher} after {self.latest.get(publisher, -1)}")
        self.latest[publisher] = number
        return 1


async def main(base_url, channel, first, count):
    readers = [Reader(base_url, channel, number) for number in range(first, first + count)]
    for finished in asyncio.as_completed([reader.run() for reader in readers]):
        reader = await finished
        print(json.dumps({"number": reader.number, "offset": reader.offset, "connections": reader.connections, "wrong": reader.wrong}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
