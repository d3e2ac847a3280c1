"""Keys that are taken away, and a gateway that is protected while it runs: what was open before ends, or may do nothing more."""

import json
import time

import httpx
import pytest
from client import http
from gateway import until
from raw import TEXT, Connection, WebSocketConnection, frame
from tokens import API_KEY, SECRET, bearer, mint

QUICK = {"heartbeat": "1s", "websocket": {"ping": "1s"}}
STREAMS = {
    "sse": ("/v1/channels/a", "text/event-stream"),
    "frames": ("/v1/events?channel=a&form=frames", "text/event-stream"),
    "task": ("/v1/tasks/a", "text/event-stream"),
}


def say(socket, **fields):
    socket.send(frame(TEXT, json.dumps(fields).encode()))
    return socket.message()


def protect(gateway):
    gateway.write(QUICK | {"auth": {"secret": SECRET, "api_keys": [API_KEY]}})
    until(lambda: http.get(gateway.url("a")).status_code == 401, 15, "nothing is protected")


def ends(connection, seconds=15):
    """All that comes until the end, which has to come within that time."""
    deadline, said = time.monotonic() + seconds, ""
    while line := connection.line():
        said += line
        assert time.monotonic() < deadline, f"the stream goes on: {said[-200:]}"
    return said


@pytest.mark.parametrize("kind", list(STREAMS))
def test_a_stream_that_was_opened_by_anyone_ends_when_the_gateway_asks_for_tokens(configured, kind):
    gateway = configured(QUICK)
    target, accept = STREAMS[kind]
    with Connection(gateway) as stream:
        stream.request("GET", target, f"Accept: {accept}")
        assert stream.answer(has_body=False).status == 200
        protect(gateway)
        assert "token_missing" in ends(stream)


def test_a_text_that_goes_on_ends_as_well(configured):
    """It has no sign of life; it is looked after every 30 s."""
    gateway = configured(QUICK)
    gateway.publish("a", "x")
    with Connection(gateway) as stream:
        stream.request("GET", "/v1/channels/a?follow=1", "Accept: text/plain")
        assert stream.answer(has_body=False).status == 200
        stream.socket.settimeout(45)
        protect(gateway)
        assert "[telltale: This needs an access token.]" in ends(stream, 45)


def test_a_websocket_that_anyone_has_opened_is_closed(configured):
    gateway = configured(QUICK)
    with WebSocketConnection(gateway, "/v1/ws?channel=a") as socket:
        assert socket.message()["type"] == "open"
        protect(gateway)
        assert socket.close_code() == 4401


@pytest.mark.parametrize("said", [
    {"type": "publish", "channel": "b", "data": "x"}, {"type": "subscribe", "channel": "b"}, {"type": "auth", "token": "x"}],
    ids=lambda said: said["type"])
def test_what_it_says_before_that_is_not_done(configured, said):
    gateway = configured({"websocket": {"ping": "50s"}})
    with WebSocketConnection(gateway) as socket:
        assert socket.message()["type"] == "open"
        protect(gateway)
        answer = say(socket, id=1, **said)
        assert (answer["type"], answer["code"]) == ("error", "token_missing")
        assert socket.close_code() == 4401
    assert http.get(gateway.url("b"), headers=bearer(API_KEY)).json()["top"] == 0


@pytest.mark.parametrize("target", ["/v1/publish", "/v1/channels/b?lines=1"])
def test_lines_that_come_behind_that_are_refused(configured, target):
    gateway = configured({})
    line = b'{"channel":"b","data":"x"}\n'
    with Connection(gateway) as sender:
        sender.request("POST", target, "Transfer-Encoding: chunked", "Content-Type: application/x-ndjson")
        sender.send(b"%x\r\n%s\r\n" % (len(line), line))
        until(lambda: http.get(gateway.url("b")).json()["top"] == 1, 10, "the first line is not published")
        protect(gateway)
        sender.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(line), line))
        assert b"token_missing" in sender.answer().body
    assert http.get(gateway.url("b"), headers=bearer(API_KEY)).json()["top"] == 1


def test_a_long_poll_that_anyone_has_begun_learns_nothing_more(configured):
    gateway = configured({})
    with Connection(gateway) as reader:
        reader.request("GET", "/v1/channels/b?wait=30")
        until(lambda: http.get(f"{gateway.base_url}/metrics").text.count("\ntelltale_sessions 1\n"), 10, "nobody waits")
        protect(gateway)
        http.post(gateway.url("b"), content=b"the secret", headers=bearer(API_KEY))
        answer = reader.answer()
    assert (answer.status, answer.code) == (401, "token_missing")
    assert b"the secret" not in answer.body


OLD, NEW = "an-old-key-of-a-producer", "a-new-key-of-a-producer"


@pytest.fixture
def rotated(start_gateway, tmp_path):
    """A gateway whose key is in a file, and what takes that away."""
    keys = tmp_path / "keys"
    keys.write_text(f"{OLD}\n{NEW}\n")
    gateway = start_gateway({
        "auth.api_keys_file": keys, "auth.secret": SECRET, "heartbeat": "1s", "websocket.ping": "50s"})

    def take_away():
        new = tmp_path / "keys.new"
        new.write_text(f"{NEW}\n")
        new.replace(keys)
        until(lambda: http.get(gateway.url("a"), headers=bearer(OLD)).status_code == 401, 15, "the key still holds")

    return gateway, take_away


def test_a_key_that_was_taken_away_publishes_nothing_more_over_its_open_websocket(rotated):
    gateway, take_away = rotated
    with WebSocketConnection(gateway, f"/v1/ws?token={OLD}") as socket:
        assert socket.message()["type"] == "open"
        assert say(socket, type="publish", id=1, channel="a", data="x")["type"] == "published"
        take_away()
        for said in ({"type": "publish", "channel": "a", "data": "x"}, {"type": "subscribe", "channel": "a"}):
            answer = say(socket, id=2, **said)
            assert (answer["type"], answer["code"]) == ("error", "token_invalid")
    assert http.get(gateway.url("a"), headers=bearer(NEW)).json()["top"] == 1


def test_streams_that_it_has_opened_end(rotated):
    gateway, take_away = rotated
    with Connection(gateway) as stream, Connection(gateway) as other:
        for connection, key in ((stream, OLD), (other, NEW)):
            connection.request("GET", "/v1/channels/a", "Accept: text/event-stream", f"Authorization: Bearer {key}")
            assert connection.answer(has_body=False).status == 200
        take_away()
        assert "token_invalid" in ends(stream)
        http.post(gateway.url("a"), content=b"still here", headers=bearer(NEW))
        while "still here" not in (line := other.line()):
            assert line, "the other key's stream has ended"


@pytest.mark.parametrize("target", ["/v1/publish", "/v1/channels/a?lines=1"])
def test_lines_that_come_after_it_was_taken_away_are_refused(rotated, target):
    gateway, take_away = rotated
    line = b'{"channel":"a","data":"x"}\n'
    with Connection(gateway) as sender:
        sender.request("POST", target, "Transfer-Encoding: chunked", f"Authorization: Bearer {OLD}")
        sender.send(b"%x\r\n%s\r\n" % (len(line), line))
        until(lambda: http.get(gateway.url("a"), headers=bearer(NEW)).json()["top"] == 1, 10, "the first is not published")
        take_away()
        sender.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(line), line))
        assert b"token_invalid" in sender.answer().body
    assert http.get(gateway.url("a"), headers=bearer(NEW)).json()["top"] == 1


def test_a_url_that_changes_is_not_shown_with_its_secrets(configured):
    gateway = configured({"auth": {"callback": {"url": "http://127.0.0.1:9/may"}}})
    gateway.write({"auth": {"callback": {"url": "http://user:hidden-one@127.0.0.1:9/may?key=hidden-two"}}})
    gateway.says("key=auth.callback.url")
    assert httpx.get(gateway.url("a"), headers={"Cookie": "session=1"}).status_code == 503
    assert "hidden" not in gateway.log.read_text()


def test_a_token_stays_what_it_was_when_keys_change(rotated, channel):
    """Its time is its own."""
    gateway, take_away = rotated
    with WebSocketConnection(gateway, f"/v1/ws?token={mint(publish=[channel])}") as socket:
        assert socket.message()["type"] == "open"
        take_away()
        assert say(socket, type="publish", id=1, channel=channel, data="x")["type"] == "published"
