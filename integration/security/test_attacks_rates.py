"""Messages a second of one publisher: refused where they come one by one, slowed where they come as a stream. And streams of
one token."""

import json
import time

import pytest
from client import http
from gateway import until
from raw import TEXT, Connection, WebSocketConnection, frame
from tokens import PROTECTED, mint

RATE = 20


@pytest.fixture
def gateway(start_gateway):
    return start_gateway({"limits.messages_per_second": RATE})


def post(gateway, count, *headers):
    """Publishes so many at once on one connection, and gives the answers."""
    with Connection(gateway) as connection:
        fields = "".join(f"{header}\r\n" for header in headers)
        one = f"POST /v1/channels/a HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}Content-Length: 1\r\n\r\nx".encode()
        connection.send(one * count)
        return [connection.answer() for _ in range(count)]


def most_since(begun):
    """What may have been taken of as much as comes: one second's at once, and so many a second from then on."""
    return RATE + RATE * (time.monotonic() - begun) + 1


def test_beyond_one_seconds_messages_they_are_refused_and_come_back_evenly(gateway):
    begun = time.monotonic()
    answers = post(gateway, 3 * RATE)
    refused = [answer for answer in answers if answer.status == 429]
    assert RATE <= len(answers) - len(refused) <= most_since(begun)
    assert {(one.code, one.headers["retry-after"], one.json()["retry_after"]) for one in refused} == {("too_many_messages", "1", 1)}
    time.sleep(0.5)
    again = sum(answer.status == 200 for answer in post(gateway, 3 * RATE))
    assert RATE // 2 - 2 <= again <= most_since(begun) - RATE
    assert http.get(gateway.url("a")).json()["top"] == len(answers) - len(refused) + again


def test_who_comes_through_a_proxy_has_its_own(gateway):
    assert sum(answer.status == 200 for answer in post(gateway, 3 * RATE)) < 2 * RATE
    for address in ["203.0.113.5", "2001:db8::1"]:
        begun = time.monotonic()
        answers = post(gateway, 3 * RATE, f"X-Forwarded-For: {address}")
        assert RATE <= sum(answer.status == 200 for answer in answers) <= most_since(begun)
    # All of a /64 are one.
    assert sum(answer.status == 200 for answer in post(gateway, RATE, "X-Forwarded-For: 2001:db8::2")) <= most_since(begun) - RATE


@pytest.mark.parametrize("way", ["ndjson", "lines", "log"])
def test_a_stream_of_messages_is_slowed_and_loses_nothing(gateway, way):
    count = 3 * RATE
    begun = time.monotonic()
    if way == "ndjson":
        body = b'{"channel":"a","data":"x"}\n' * count
        answer = http.post(f"{gateway.base_url}/v1/publish", content=body, headers={"Content-Type": "application/x-ndjson"})
        assert [json.loads(line)["offset"] for line in answer.text.splitlines()] == list(range(1, count + 1))
    elif way == "lines":
        assert http.post(gateway.url("a"), params={"lines": 1}, content=b"x\n" * count).json()["published"] == count
    else:
        http.post(f"{gateway.base_url}/v1/tasks", json={"id": "a"}).raise_for_status()
        http.patch(f"{gateway.base_url}/v1/tasks/a", json={"state": "started"}).raise_for_status()
        answer = http.post(f"{gateway.base_url}/v1/tasks/a/log", params={"lines": 1}, content=b"x\n" * count)
        assert answer.json()["published"] == count
    # The first second's go at once.
    assert 1.5 <= time.monotonic() - begun <= 6


def test_over_websocket_each_is_answered(gateway):
    with WebSocketConnection(gateway) as socket:
        assert socket.message()["type"] == "open"
        begun = time.monotonic()
        for number in range(3 * RATE):
            socket.send(frame(TEXT, json.dumps({"type": "publish", "id": number, "channel": "a", "data": "x"}).encode()))
        answers = [socket.message() for _ in range(3 * RATE)]
    refused = [answer for answer in answers if answer["type"] == "error"]
    assert {answer["code"] for answer in refused} == {"too_many_messages"}
    assert sorted(answer["id"] for answer in answers) == list(range(3 * RATE))
    assert RATE <= len(answers) - len(refused) <= most_since(begun)


def test_tasks_are_counted_too(gateway):
    with Connection(gateway) as connection:
        connection.send(b"POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}" * 3 * RATE)
        answers = [connection.answer() for _ in range(3 * RATE)]
    refused = [answer for answer in answers if answer.status == 429]
    assert {answer.code for answer in refused} == {"too_many_messages"}
    assert len(answers) - len(refused) >= RATE


def streams_of(gateway, subject, count):
    """So many streams with a token of this subject; the last may be refused."""
    opened, answers = [], []
    for _ in range(count):
        opened.append(Connection(gateway))
        token = mint(sub=subject, subscribe=["*"])
        opened[-1].request("GET", "/v1/channels/a", "Accept: text/event-stream", f"Authorization: Bearer {token}")
        answers.append(opened[-1].answer(has_body=False))
    return opened, answers


def test_the_subject_of_a_token_has_so_many_streams_however_many_tokens_it_has(start_gateway):
    gateway = start_gateway(PROTECTED | {"limits.connections_per_token": 3})
    opened, answers = streams_of(gateway, "alice", 4)
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    others, answers = streams_of(gateway, "bob", 1)
    assert [answer.status for answer in answers] == [200]
    with WebSocketConnection(gateway, f"/v1/ws?token={mint(sub='alice', subscribe=['*'])}") as socket:
        assert socket.message()["code"] == "too_many_streams_of_token"
        assert socket.close_code() == 4429
    opened.pop(0).__exit__()

    def is_free():
        with WebSocketConnection(gateway) as socket:
            assert socket.message()["type"] == "open"
            socket.send(frame(TEXT, json.dumps({"type": "auth", "token": mint(sub="alice", subscribe=["*"])}).encode()))
            return socket.message()["type"] == "authenticated"

    until(is_free, 5, "a stream that has ended is still counted")
    for one in opened + others:
        one.__exit__()
