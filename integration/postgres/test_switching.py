"""A broker is replaced by another while readers look on: they come back by themselves, and nothing is missing or doubled."""

import json
import subprocess
import threading

import pytest
from chromium import browser
from client import http
from copying import copied
from gateway import until
from servers.redis_server import DURABLE, RedisServer
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

SECONDS = 30
# How long a reader waits before it tries again.
PAUSE_SECONDS = 0.05

# Of a browser and of node alike: what an EventSource hears, and nothing that would bring it back but its own ways.
LISTEN = """
const hear = (source, say) => {
  source.onmessage = event => say({id: event.lastEventId, data: event.data})
  source.addEventListener('stream-gap', event => say({gap: event.data}))
  source.addEventListener('stream-open', event => say({open: event.data}))
}
"""
NODE_SCRIPT = LISTEN + """
const EventSource = require('eventsource')
hear(new EventSource(process.argv[1]), item => console.log(JSON.stringify(item)))
"""
BROWSER_SCRIPT = "url => {" + LISTEN + "window.heard = []; hear(new EventSource(url), item => window.heard.push(item)) }"


class Node:
    """Debian's node-eventsource, in a process of its own."""

    def __init__(self, folder, url):
        self.path = folder / "node.out"
        with self.path.open("wb") as file:
            self.process = subprocess.Popen(
                ["node", "-e", NODE_SCRIPT, url], env={"NODE_PATH": "/usr/share/nodejs", "PATH": "/usr/bin:/bin"},
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)

    def items(self):
        return [json.loads(line) for line in self.path.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def close(self):
        self.process.kill()
        self.process.wait()


class Browser:
    """Chromium's own EventSource, in a page of the gateway's."""

    def __init__(self, page, base_url, url):
        self.page = page
        page.goto(base_url)
        page.evaluate(BROWSER_SCRIPT, url)

    def items(self):
        return self.page.evaluate("window.heard")

    def close(self):
        self.page.close()


class WebSocketClient(threading.Thread):
    """The library websockets; it comes back with the position where it stood."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.url, self.since = url, "earliest"
        self.heard = []
        self._leaving = threading.Event()
        self.start()

    def run(self):
        while not self._leaving.is_set():
            try:
                with connect(f"{self.url}&since={self.since}", open_timeout=SECONDS, close_timeout=1) as socket:
                    while not self._leaving.is_set():
                        self.hear(json.loads(socket.recv(timeout=SECONDS)))
            except (OSError, WebSocketException):
                self._leaving.wait(PAUSE_SECONDS)

    def hear(self, fields):
        if fields["type"] == "message":
            self.since = f"{fields['epoch']}:{fields['offset']}"
            self.heard.append({"id": self.since, "data": fields["data"]})
        elif fields["type"] == "gap":
            self.heard.append({"gap": fields})
        elif "position" in fields:
            self.since = fields["position"]
            self.heard.append({"open": fields})

    def items(self):
        return list(self.heard)

    def close(self):
        self._leaving.set()


@pytest.fixture
def redis(tmp_path):
    server = RedisServer(tmp_path / "redis", *DURABLE)
    yield server.start()
    server.close()


@pytest.fixture
def page():
    with browser() as chromium:
        yield chromium.new_page()


@pytest.fixture
def follow(tmp_path, page):
    """A reader of each kind of a gateway's channel, from its beginning."""
    readers = []

    def start(gateway, channel):
        url = f"{gateway.url(channel)}?since=earliest"
        readers.append(Node(tmp_path, url))
        readers.append(Browser(page, gateway.base_url, url))
        readers.append(WebSocketClient(f"ws://127.0.0.1:{gateway.port}/v1/ws?channel={channel}"))
        return readers

    yield start
    for reader in readers:
        reader.close()


def messages(reader):
    return [item for item in reader.items() if "id" in item]


def wait_for(readers, count):
    for reader in readers:
        until(
            lambda: len(messages(reader)) >= count, SECONDS,
            lambda: f"{type(reader).__name__} has {len(messages(reader))} of {count}: {reader.items()[-3:]}")


def move(gateway, source, target):
    """What an operator does."""
    gateway.stop()
    said = copied(source, target)
    gateway.settings["broker.url"] = target.url
    gateway.start()
    return said


def publish(gateway, channel, numbers):
    return [gateway.publish(channel, f"line {number}") for number in numbers]


def test_readers_go_on_without_a_gap_from_redis_to_postgres_and_back(redis, postgres, start_gateway, follow, channel):
    gateway = start_gateway(redis.url)
    receipts = publish(gateway, channel, range(1, 21))
    readers = follow(gateway, channel)
    wait_for(readers, 20)
    key = {"Idempotency-Key": "once"}
    first = http.post(gateway.url(channel), content=b"line 21", headers=key).json()

    for brokers, numbers in (((redis, postgres), range(22, 42)), ((postgres, redis), range(42, 62)), ((redis, postgres), range(62, 82))):
        # Published at the last moment: it may not have arrived when the gateway stops.
        receipts += publish(gateway, channel, [numbers[0]])
        move(gateway, *brokers)
        # The publisher of line 21 had no answer, and repeats.
        again = http.post(gateway.url(channel), content=b"line 21", headers=key)
        assert again.json() == first | {"duplicate": True}
        receipts += publish(gateway, channel, numbers[1:])
        wait_for(readers, len(numbers) + numbers[0] - 1)

    assert len({receipt["epoch"] for receipt in receipts}) == 1
    for reader in readers:
        kind = type(reader).__name__
        assert [item for item in reader.items() if "gap" in item] == [], kind
        assert [item["data"] for item in messages(reader)] == [f"line {number}" for number in range(1, 82)], kind
        assert [item["id"] for item in messages(reader)] == [f"{first['epoch']}:{number}" for number in range(1, 82)], kind
        # Each came back, after each switch.
        assert len([item for item in reader.items() if "open" in item]) >= 4, kind


def test_a_reader_of_a_quiet_channel_and_one_who_comes_late_go_on_too(redis, postgres, start_gateway, channel):
    gateway = start_gateway(redis.url)
    gateway.publish(channel, "state", retain="state")
    before = gateway.publish(channel, "10 %", retain="progress", conflate=1)
    gateway.publish(f"{channel}/closed", "the end", close=1)
    move(gateway, redis, postgres)

    position = f"{before['epoch']}:{before['offset']}"
    answer = http.get(gateway.url(channel), params={"since": position}).json()
    assert (answer["complete"], answer["messages"], answer["next"]) == (True, [], position), answer
    everything = http.get(gateway.url(channel), params={"since": "earliest"}).json()["messages"]
    assert [message["data"] for message in everything] == ["state", "10 %"]
    assert http.post(gateway.url(f"{channel}/closed"), content=b"more").json()["code"] == "closed"
