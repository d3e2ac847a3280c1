"""16 publishers race 200 readers, and every reader sees every message once, in order."""

import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path

import aiohttp
from client import http
from gateway import until
from process import metric

READERS = 200
PROCESSES = 2
PUBLISHERS = 16
MESSAGES = 240  # of each publisher
BURST = 12
SETTINGS = {
    "namespaces.default.history.messages": 100_000, "namespaces.default.history.bytes": "256MiB",
    # Small, so that slow readers do fall behind and are fed from the log.
    "limits.session_buffer_bytes": "16KiB",
}


def text(publisher, number):
    return f"{publisher} {number} {'x' * 300}"


async def publish_one_by_one(session, url, publisher, numbers):
    for number in numbers:
        async with session.post(url, data=text(publisher, number)) as answer:
            assert answer.status == 200


async def publish_lines(session, url, publisher, numbers):
    body = "".join(f"{text(publisher, number)}\n" for number in numbers)
    async with session.post(f"{url}?lines=1", data=body) as answer:
        assert (await answer.json())["published"] == len(numbers)


async def publish_batch(session, url, publisher, numbers):
    base, channel = url.split("/channels/")
    lines = (json.dumps({"channel": channel, "data": text(publisher, number)}) for number in numbers)
    async with session.post(f"{base}/publish", data="\n".join(lines)) as answer:
        assert all("offset" in json.loads(line) for line in (await answer.text()).splitlines())


async def publish_by_websocket(session, url, publisher, numbers):
    base, channel = url.split("/channels/")
    async with session.ws_connect(f"{base}/ws") as connection:
        await connection.receive()
        for number in numbers:
            await connection.send_json({"type": "publish", "channel": channel, "data": text(publisher, number)})
        for _ in numbers:
            assert (await connection.receive_json())["type"] == "published"


WAYS = [publish_one_by_one, publish_lines, publish_batch, publish_by_websocket]


async def publish_all(url):
    async def publisher(session, number):
        chance = random.Random(number)
        for begin in range(0, MESSAGES, BURST):
            await WAYS[number % len(WAYS)](session, url, number, range(begin, begin + BURST))
            # Work pauses between its lines; without it all would be over before the first reader came back.
            await asyncio.sleep(chance.random() * 0.6)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(publisher(session, number) for number in range(PUBLISHERS)))


def test_16_publishers_race_200_readers_and_each_sees_every_message_once_in_order(start_gateway, sockets):
    gateway = start_gateway(SETTINGS | {"hub.sockets": sockets})
    script = Path(__file__).with_name("racing_readers.py")
    share = READERS // PROCESSES
    processes = [
        subprocess.Popen(
            [sys.executable, script, gateway.base_url, "race", str(share * index), str(share)], stdout=subprocess.PIPE, text=True)
        for index in range(PROCESSES)]
    try:
        # Half come before the first message, the others while it is going on.
        until(lambda: metric(http, gateway, "subscriptions") >= READERS / 2, 30, "the readers do not come")
        asyncio.run(publish_all(gateway.url("race")))
        last = gateway.publish("race", text(PUBLISHERS, 0), close=1)["offset"]
        assert last == PUBLISHERS * MESSAGES + 1
        seen = [json.loads(line) for process in processes for line in process.communicate(timeout=90)[0].splitlines()]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert [reader for reader in seen if reader["wrong"]] == []
    assert {reader["offset"] for reader in seen} == {last}
    assert len({reader["number"] for reader in seen}) == READERS
    assert sum(reader["connections"] for reader in seen) > READERS * 4, "too few came back for this to mean anything"
    assert metric(http, gateway, "gaps_total") == 0
    assert metric(http, gateway, "lagged_total") > 0, "nobody was slow"
