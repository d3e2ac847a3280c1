"""EventSources that others wrote, over a network that loses connections: they come back to their place by themselves."""

import asyncio
import json
import subprocess

import pytest
from aiohttp_sse_client2.client import EventSource
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
                    await asyncio.to_thread(proxy.cut)
                    await asyncio.to_thread(gateway.publish, channel, "two")
                elif event.data == "two":
                    return found

    async def guarded():
        async with asyncio.timeout(30):
            return await follow()

    found = asyncio.run(guarded())
    assert [data for kind, data in found if kind is None] == ["one", "two"]
    assert b"last-event-id: " in b"".join(proxy.heads).lower()


@pytest.fixture
def node(tmp_path):
    running = []

    def start(url):
        out = tmp_path / "node.out"
        with out.open("wb") as file:
            running.append(subprocess.Popen(
                ["node", "-e", NODE_SCRIPT, url], env={"NODE_PATH": "/usr/share/nodejs", "PATH": "/usr/bin:/bin"},
                stdout=file, stderr=subprocess.STDOUT))
        said = lambda: [json.loads(line) for line in out.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return said, running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def messages(lines):
    return [line["data"] for line in lines if line["event"] == "message"]


def test_node_eventsource_comes_back_to_its_place(gateway, channel, proxy, node):
    said, _ = node(f"{proxy.base_url}/v1/channels/{channel}")
    until(lambda: "stream-open" in [line["event"] for line in said()], 20, lambda: f"no opening: {said()}")
    gateway.publish(channel, "before")
    until(lambda: messages(said()), 20, lambda: f"nothing came: {said()}")
    proxy.cut()
    gateway.publish(channel, "meanwhile")
    until(lambda: len(messages(said())) > 1, 20, lambda: f"it did not come back: {said()}")
    gateway.publish(channel, "after", close=1)
    until(lambda: said()[-1].get("status") == 204, 20, lambda: f"no end: {said()}")
    assert messages(said()) == ["before", "meanwhile", "after"]
    assert "stream-gap" not in [line["event"] for line in said()]


def test_node_eventsource_stops_at_the_end_of_a_closed_channel(gateway, channel, proxy, node):
    gateway.publish(channel, "last", close=1)
    said, process = node(f"{proxy.base_url}/v1/channels/{channel}")
    # The response ends, it comes back with its place, and 204 tells it to stop; node ends when nothing is left to do.
    assert process.wait(20) == 0
    assert said()[-1]["status"] == 204
    assert messages(said()) == ["last"]
    assert b"".join(proxy.heads).count(b"GET /v1/") == 2
