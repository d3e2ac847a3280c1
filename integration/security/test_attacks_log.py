"""Text from outside in the log: a record stays one line, and nothing in it steers a terminal."""

import json
import re

import pytest
from client import http
from gateway import environment
from raw import TEXT, Connection, WebSocketConnection, frame

# What ends a line, what steers a terminal, and what turns the direction of writing.
HOSTILE = "a\r\n2026-01-01T00:00:00Z info forged\x1b[2J\x07\x9b31m\u2028\u202e level=error \x7fb"
ESCAPED = "a%0D%0A2026-01-01T00:00:00Z%20info%20forged%1B%5B2J"
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
LINE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z? (trace|debug|info|notice|warning|error|critical) \S")


@pytest.fixture(params=["text", "json"])
def gateway(start_gateway, request, monkeypatch):
    # A variable that is unknown is warned of by its name: text from outside that is sure to be logged.
    monkeypatch.setattr("gateway.environment", lambda settings=None: environment(settings) | {"TELLTALE_" + HOSTILE.replace("=", ":"): "x"})
    gateway = start_gateway({"log.level": "trace", "log.format": request.param})
    gateway.format = request.param
    return gateway


def say_everything(gateway):
    """Hostile text in every place that takes text."""
    fields = [f"User-Agent: {ESCAPED}\x1b[2J", f"Authorization: Bearer {ESCAPED}\x1b", f"Cookie: token={ESCAPED}\x1b", f"X-Request-Id: {ESCAPED}\x1b[1m"]
    for target in [f"/{ESCAPED}", f"/v1/channels/{ESCAPED}", f"/v1/channels/a?since={ESCAPED}", f"/v1/tasks/{ESCAPED}", "/\x1b[2J"]:
        for accept in ["text/event-stream", "application/json", ESCAPED]:
            with Connection(gateway) as connection:
                connection.try_send(
                    "\r\n".join([f"GET {target} HTTP/1.1", "Host: 127.0.0.1", f"Accept: {accept}", *fields, "", ""]).encode())
                assert connection.answer(has_body=False).status
    http.post(f"{gateway.base_url}/v1/tasks", json={"title": HOSTILE, "id": HOSTILE})
    http.post(f"{gateway.base_url}/v1/tasks", json={"title": HOSTILE, "id": "hostile", "meta": {"x": HOSTILE}})
    http.patch(f"{gateway.base_url}/v1/tasks/hostile", json={"state": "started", "worker": HOSTILE, "lease": 1})
    with WebSocketConnection(gateway) as socket:
        for text in [json.dumps({"type": HOSTILE, "channel": HOSTILE}), json.dumps({"type": "auth", "token": HOSTILE}), HOSTILE]:
            socket.send(frame(TEXT, text.encode()))


def test_a_record_stays_a_line_whatever_is_in_it(gateway):
    say_everything(gateway)
    gateway.stop()
    log = gateway.log.read_bytes().decode()
    lines = log.removesuffix("\n").split("\n")
    for line in lines:
        assert not UNSEEN.search(line), repr(line)
        if gateway.format == "json":
            record = json.loads(line)
            assert {"time", "level", "message"} <= record.keys()
        else:
            assert LINE.match(line), line
    # It was there, and is readable: written out.
    assert sum("forged" in line for line in lines) >= 1
