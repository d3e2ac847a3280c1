"""A process full of readers that move between two gateways: each sees every message once, in order, whatever happens to the broker.

    moving_readers.py BASE_URL BASE_URL FIRST COUNT strict|told|killed CHANNEL…

As promises/racing_readers.py, but every reader leaves all the time and comes back to either gateway, and one that is refused comes
again. Each follows one of the channels, in turn. `told`: a gap that is told is no mistake, and what was lost may be missing.
`killed`: strict, but a gateway may be killed.
"""

import asyncio
import json
import sys
from pathlib import Path

import aiohttp

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "promises"))

from racing_readers import Reader  # noqa: E402

# Messages that a reader takes before it leaves, at most.
STAY = 300
# As an EventSource does, if quicker.
COME_BACK_SECONDS = 0.1


class MovingReader(Reader):
    def __init__(self, base_urls, channel, number, mode):
        super().__init__(base_urls[0], channel, number)
        self.channel = channel
        self.urls = [f"{base_url}/v1/channels/{channel}" for base_url in base_urls]
        self.is_strict = mode != "told"
        self.gateways_may_die = mode == "killed"
        self.gaps = 0

    async def run(self):
        follow = self.follow_websocket if self.number % 2 else self.follow_events
        timeout = aiohttp.ClientTimeout(total=None, sock_read=40)
        async with aiohttp.ClientSession(connector=self.connector(), timeout=timeout, raise_for_status=True) as session:
            while not self.ended and not self.wrong:
                self.url = self.random.choice(self.urls)
                self.connections += 1
                try:
                    await follow(session, self.random.randrange(1, STAY))
                except aiohttp.ClientResponseError as error:
                    if error.status != 503:
                        self.wrong.append(f"refused: {error}")
                    await asyncio.sleep(COME_BACK_SECONDS)
                except (aiohttp.ClientError, ConnectionError):
                    if not self.gateways_may_die:
                        raise
                    await asyncio.sleep(COME_BACK_SECONDS)
        return self

    def saw(self, event, id, data):
        if event == "stream-open":
            # The epoch may be another: a restarted broker goes on with the offsets in a new one.
            if self.position and self.position.split(":")[1] != id.split(":")[1] and self.is_strict:
                self.wrong.append(f"came back with {self.position} and was opened at {id}")
            self.position = id
            return 0
        if event == "stream-gap" and not self.is_strict:
            self.gaps += 1
            # A WebSocket's `gap` has its fields beside the type, and says where the log begins in its own words.
            self.offset = None
            self.latest.clear()
            return 0
        return super().saw(event, id, data)

    def saw_message(self, id, data):
        offset = int(id.split(":")[1])
        if self.offset is not None and offset != self.offset + 1:
            self.wrong.append(f"offset {offset} after {self.offset}")
        self.position, self.offset = id, offset
        publisher, number = map(int, data.split(" ")[:2])
        before = self.latest.get(publisher, -1)
        if number != before + 1 if self.is_strict else number <= before:
            self.wrong.append(f"message {number} of publisher {publisher} after {before}")
        self.latest[publisher] = number
        return 1


async def main(first_url, second_url, first, count, mode, *channels):
    numbers = range(int(first), int(first) + int(count))
    readers = [MovingReader([first_url, second_url], channels[number % len(channels)], number, mode) for number in numbers]
    for finished in asyncio.as_completed([reader.run() for reader in readers]):
        reader = await finished
        print(json.dumps({
            "number": reader.number, "channel": reader.channel, "offset": reader.offset, "connections": reader.connections,
            "gaps": reader.gaps, "wrong": reader.wrong}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
