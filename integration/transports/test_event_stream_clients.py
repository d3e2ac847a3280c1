"""EventSources that others wrote, over a network that loses connections: they come back to their place by themselves."""

import asyncio
import json
import subprocess
import time

import pytest
from aiohttp_sse_client2.client import EventSource
from client import http
from gateway import until
from proxy import Proxy

NODE_SCRIPT = """
const EventSource = require('eventsource')
const source = new EventSource(process.argv[1])
const say = (event, fields) => console.log(JSON.stringify({event, ...fields}))
source.onmessage = e => say('message', {data: e.data, id: e.lastEventId})
source.onerror = e => say('error', {status: e.status, state: source.readyState})
for (const name of ['stream-open', 'stream-gap', 'stream-end'])
  source.addEventListener(name, e => say(name, {data: e.data}))
"""


@pytest.fixture
def proxy(gateway):
    with Proxy(gateway) as proxy:
        yield proxy


def test_aiohttp_sse_client_comes_back_to_its_place(gateway, channel, proxy):
    async def follow():
        found = []
        async with EventSource(f"{proxy.base_url}/v1/channels/{channel}") as events:
            async for event in events:
                found.append((event.type, event.data))
                if event.type == "stream-open" and len(found) == 1:
                    await asyncio.to_thread(gateway.publish, channel, "one")
                elif event.data == "one":
                    # An orderly end: this client knows no other loss.
                    await asyncio.to_thread(proxy.cut)
                    await asyncio.to_thread(gateway.publish, channel, "two")
                elif event.data == "two":
                    return found

    async def guarded():
        async with asyncio.timeout(30):
            return await follow()

    try:
        found = asyncio.run(guarded())
    finally:
        heads = b"".join(proxy.heads)
    assert [data for kind, data in found if kind is None] == ["one", "two"]
    assert b"last-event-id: " in heads.lower()


@pytest.fixture
def node(tmp_path):
    running = []

    def start(url):
        out = tmp_path / "node.out"
        with out.open("wb") as file:
            running.append(subprocess.Popen(
                ["node", "-e", NODE_SCRIPT, url], env={"NODE_PATH": "/usr/share/nodejs", "PATH": "/usr/bin:/bin"},
                stdout=file, stderr=subprocess.STDOUT))
        return lambda: [json.loads(line) for line in out.read_text().splitlines(keepends=True) if line.endswith("\n")]

    yield start
    for process in running:
        process.kill()
        process.wait()


def messages(lines):
    return [line["data"] for line in lines if line["event"] == "message"]


def test_node_eventsource_comes_back_to_its_place(gateway, channel, proxy, node):
    said = node(f"{proxy.base_url}/v1/channels/{channel}")
    until(lambda: "stream-open" in [line["event"] for line in said()], 20, lambda: f"no opening: {said()}")
    for number in range(3):
        gateway.publish(channel, str(number))
        until(lambda: len(messages(said())) == number + 1, 20, lambda: f"message {number} is missing: {said()}")
        proxy.cut()
        gateway.publish(channel, f"{number} meanwhile")
        until(lambda: f"{number} meanwhile" in messages(said()), 20, lambda: f"it did not come back: {said()}")
        # Seen before the next comparison counts.
        gateway_sees = [text for text in messages(said())]
        assert len(gateway_sees) == len(set(gateway_sees))
        break
    assert messages(said()) == ["0", "0 meanwhile"]
    assert "stream-gap" not in [line["event"] for line in said()]


def test_node_eventsource_stops_at_the_end_of_a_closed_channel(gateway, channel, proxy, node):
    gateway.publish(channel, "last", close=1)
    said = node(f"{proxy.base_url}/v1/channels/{channel}")
    # The response ends, it comes back with its place, and 204 tells it to stop: state 2 is CLOSED.
    until(lambda: {"event": "error", "status": 204, "state": 2} in said() or [line for line in said() if line.get("state") == 2],
          20, lambda: f"it goes on: {said()}")
    assert messages(said()) == ["last"]
    requests = b"".join(proxy.heads).count(b"GET /v1/")
    assert requests == 2
