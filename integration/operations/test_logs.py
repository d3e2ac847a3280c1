"""The log: one line an event, nothing of which a client can forge, and no secret."""

import json
import re

import pytest
from client import http
from gateway import until
from raw import Connection

RECORD = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z (trace|debug|info|notice|warning|error|critical) \S")
SECRET = "a-secret-that-is-in-a-query"


@pytest.fixture(params=["text", "json"])
def talkative(request, start_gateway):
    gateway = start_gateway({"log.level": "debug", "log.format": request.param})
    gateway.form = request.param
    return gateway


def records(gateway):
    """Every line is a record; of each its text, and its values if it is JSON."""
    lines = gateway.log.read_text().splitlines()
    for line in lines:
        if gateway.form == "json":
            assert {"time", "level", "message"} <= set(json.loads(line))
        else:
            assert RECORD.match(line), line
    return lines


def test_a_request_is_one_record_at_debug_with_its_id_and_without_its_query(talkative):
    answer = http.get(talkative.url("watched") + f"?limit=1&token={SECRET}")
    name = answer.headers["x-request-id"]
    line = until(lambda: [line for line in records(talkative) if name in line], 5, "there is no record")
    assert len(line) == 1
    for part in ("/v1/channels/watched", "200", "GET"):
        assert part in line[0]
    http.post(talkative.url("watched") + f"?access_token={SECRET}", content=b"x")
    with Connection(talkative) as stream:
        stream.request("GET", f"/v1/channels/watched?token={SECRET}", "Accept: text/event-stream")
        until(lambda: sum("/v1/channels/watched" in line for line in records(talkative)) >= 3, 5, "not all are recorded")
    assert SECRET not in talkative.log.read_text()


@pytest.mark.parametrize("forged", [
    "/v1/%0a2026-01-01T00:00:00.000Z%20critical%20forged", "/v1/\u0085critical", "/v1/\x1b[31mred", "/v1/a\u202eb",
])
def test_nothing_that_a_client_writes_begins_a_line_or_reaches_the_terminal(talkative, forged):
    with Connection(talkative) as connection:
        connection.send(b"GET " + forged.encode() + b" HTTP/1.1\r\nHost: a\r\nX-Request-Id: a\x1bb\r\n\r\n")
        connection.answer()
    http.get(f"{talkative.base_url}/behind")
    until(lambda: any("/behind" in line for line in records(talkative)), 5, "there is no record")
    text = talkative.log.read_bytes().decode()
    assert not any(ord(character) < 32 and character != "\n" or 0x7F <= ord(character) < 0xA0 or character == "\u202e"
                   for character in text)


def test_an_id_of_a_trusted_proxy_is_taken_and_no_other(talkative, start_gateway):
    asked = {"X-Request-Id": "from-the-proxy.1"}
    assert http.get(f"{talkative.base_url}/healthz", headers=asked).headers["x-request-id"] == "from-the-proxy.1"
    assert http.post(talkative.url("a"), content=b"x", headers=asked).headers["x-request-id"] == "from-the-proxy.1"
    for wrong in ("with space", "x" * 200, "a;b", ""):
        assert http.get(f"{talkative.base_url}/healthz", headers={"X-Request-Id": wrong}).headers["x-request-id"] != wrong
    alone = start_gateway({"trusted_proxies": '["192.0.2.1/32"]'})
    assert http.get(f"{alone.base_url}/healthz", headers=asked).headers["x-request-id"] != "from-the-proxy.1"


def test_ids_differ_and_a_stream_has_one_too(gateway):
    names = {http.get(f"{gateway.base_url}/healthz").headers["x-request-id"] for _ in range(20)}
    names |= {http.post(gateway.url("a"), content=b"x").headers["x-request-id"] for _ in range(20)}
    with Connection(gateway) as stream:
        stream.request("GET", "/v1/channels/a", "Accept: text/event-stream")
        names.add(stream.answer(has_body=False).headers["x-request-id"])
    assert len(names) == 41 and all(re.fullmatch(r"[0-9a-f]{16}", name) for name in names)


def test_at_info_requests_leave_no_record(gateway):
    for _ in range(20):
        http.get(f"{gateway.base_url}/nowhere")
    assert "nowhere" not in gateway.log.read_text()
