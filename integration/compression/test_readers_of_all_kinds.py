"""A thousand readers of all kinds at once: each gets everything, in order."""

import asyncio
import json
import zlib

from client import http
from websockets.asyncio.client import connect

READERS_PER_KIND = 200
SECONDS = 60
BATCHES, BATCH = 5, 20


def texts(batch):
    """From a few bytes to a few kilobytes."""
    numbers = range(batch * BATCH, (batch + 1) * BATCH)
    return [f"{number} " + "readers of all kinds, " * (number * 7 % 100) for number in numbers]


async def websocket(gateway, channel, ready, compression):
    # Many at once on one thread: a slow one is no failure.
    async with connect(
            f"ws://127.0.0.1:{gateway.port}/v1/ws?channel={channel}", compression=compression, open_timeout=SECONDS,
            ping_interval=None) as socket:
        found = []
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "subscribed":
                ready.release()
            if message["type"] == "message":
                found.append(message["data"])
            if message["type"] == "end":
                return found


async def events(gateway, channel, ready, coding, path="/v1/channels/{}"):
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(
        f"GET {path.format(channel)} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
        f"Accept-Encoding: {coding}\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    member = zlib.decompressobj(31) if coding == "gzip" else None
    text = b""
    is_ready = False
    while part := await reader.read(1 << 16):
        text += member.decompress(part) if member else part
        if not is_ready and b"stream-open" in text:
            is_ready = True
            ready.release()
    writer.close()
    assert member is None or member.eof
    blocks = [block.split(b"\n") for block in text.split(b"\n\n")]
    return [block[-1][6:].decode() for block in blocks if block[0].startswith(b"id:") and len(block) == 2]


KINDS = [
    lambda *a: websocket(*a, "deflate"), lambda *a: websocket(*a, None), lambda *a: events(*a, "gzip"),
    lambda *a: events(*a, "identity"), lambda *a: events(*a, "gzip", "/v1/events?channel={}")]


async def all_readers(gateway, channel):
    ready = asyncio.Semaphore(0)
    readers = [asyncio.create_task(KINDS[n % len(KINDS)](gateway, channel, ready)) for n in range(READERS_PER_KIND * len(KINDS))]
    for _ in readers:
        await ready.acquire()
    for batch in range(BATCHES):
        body = "\n".join(texts(batch))
        await asyncio.to_thread(http.post, gateway.url(channel), params={"lines": 1}, content=body)
    await asyncio.to_thread(http.post, gateway.url(channel), params={"close": 1}, content="bye")
    return await asyncio.gather(*readers)


def test_a_thousand_readers_of_all_kinds_get_everything(gateway, channel):
    async def guarded():
        async with asyncio.timeout(SECONDS):
            return await all_readers(gateway, channel)

    expected = [text for batch in range(BATCHES) for text in texts(batch)] + ["bye"]
    found = asyncio.run(guarded())
    assert [number for number, data in enumerate(found) if data != expected] == []
