"""A drain is even: no moment of it sends more than its share of readers elsewhere, and what was begun is answered."""

import json
import re
import selectors
import signal
import socket
import struct
import subprocess
import time

import pytest
from client import http
from gateway import until
from process import metric
from raw import TEXT, Connection, WebSocketConnection, frame

DRAIN_SECONDS = 3
READERS = 300
# A process that is ended before it listens for signals is not seen each time.
STARTS = 10
# Where struct tcp_info has tcpi_last_data_recv, milliseconds: behind 8 bytes and 11 numbers of 4.
LAST_DATA_RECEIVED = 8 + 11 * 4
# A publication of which half has come.
HALF = b"POST /v1/channels/d HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n\r\nla"
# Each is written at once, and together they are more than the kernel keeps for a connection.
ANSWER_BYTES, ANSWERS = 900_000, 12


@pytest.fixture
def draining(start_gateway):
    return start_gateway({"drain": f"{DRAIN_SECONDS}s"})


def drain(gateway, how=signal.SIGTERM):
    gateway.process.send_signal(how)
    until(lambda: " draining" in gateway.log.read_text(), 10, "the gateway goes on")


def silence(connection):
    """For how many seconds nothing has come, by the kernel's account (tcp(7), TCP_INFO): it knows however late we look."""
    return struct.unpack_from("=I", connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 64), LAST_DATA_RECEIVED)[0] / 1000


def closings(connections):
    """When each connection was given its last words, from now."""
    begun, ended = time.monotonic(), []
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            connection.socket.setblocking(False)
            selector.register(connection.socket, selectors.EVENT_READ)
        while len(ended) < len(connections) and time.monotonic() - begun < DRAIN_SECONDS + 10:
            for key, _ in selector.select(0.1):
                if not key.fileobj.recv(65536):
                    selector.unregister(key.fileobj)
                    ended.append(max(0, time.monotonic() - begun - silence(key.fileobj)))
    assert len(ended) == len(connections)
    return ended


def test_a_signal_behind_the_first_word_is_heard(start_gateway):
    for _ in range(STARTS):
        gateway = start_gateway(waits=False)
        until(lambda: "listening" in gateway.log.read_text(), 20, "the gateway does not listen")
        gateway.stop()


@pytest.mark.parametrize("kind", ["sse", "websocket"])
def test_no_part_of_a_drain_sees_more_than_twice_its_share(draining, kind):
    connections = [
        WebSocketConnection(draining, "/v1/ws?channel=d") if kind == "websocket" else
        Connection(draining).request("GET", "/v1/channels/d", "Accept: text/event-stream") for _ in range(READERS)]
    until(lambda: metric(http, draining, "subscriptions") == READERS, 15, "the readers do not come")
    draining.process.terminate()
    ended = closings(connections)
    # By quarters of a second, which is finer than what is promised.
    part = 0.25
    average = READERS * part / DRAIN_SECONDS
    for number in range(int((max(ended) + part) / part)):
        count = sum(part * number <= end < part * (number + 1) for end in ended)
        assert count <= 2 * average, f"{count} in {part} s, {average} on average: {ended}"
    assert DRAIN_SECONDS * 0.9 < max(ended) < DRAIN_SECONDS + 1
    assert draining.process.wait(15) == 0
    for connection in connections:
        connection.__exit__()


def test_a_drain_ends_new_streams_at_once_and_closes_kept_connections_with_their_next_answer(draining):
    with (Connection(draining) as reader, Connection(draining) as stream, Connection(draining) as publisher,
          Connection(draining) as watcher):
        reader.request("GET", "/v1/channels/d", "Accept: text/event-stream")
        until(lambda: metric(http, draining, "subscriptions") == 1, 5, "the reader does not come")
        for kept in (stream, publisher, watcher):
            assert "connection" not in kept.request("GET", "/healthz").answer().headers
        drain(draining)
        # No refusal: an EventSource that gets one never comes back (HTML standard §9.2.3).
        answer = stream.request("GET", "/v1/channels/d", "Accept: text/event-stream").answer(has_body=False)
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        answer = publisher.request("POST", "/v1/channels/d", body=b"late").answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert publisher.is_ended()
        answer = watcher.request("GET", "/readyz").answer()
        assert (answer.status, answer.code, answer.headers["connection"]) == (503, "draining", "close")
    assert draining.process.wait(DRAIN_SECONDS + 10) == 0


def test_what_a_websocket_publishes_is_answered_before_it_is_closed(start_gateway, redis):
    gateway = start_gateway({"drain": "1s", "broker.url": redis.url})
    with WebSocketConnection(gateway) as socket:
        assert socket.message()["type"] == "open"
        redis.pause()
        socket.send(frame(TEXT, json.dumps({"type": "publish", "id": 1, "channel": "d", "data": "x"}).encode()))
        # Read when the next word is answered, which does not need the broker.
        socket.send(frame(TEXT, b'{"type":"ping"}'))
        assert socket.message()["type"] == "pong"
        drain(gateway)
        assert not socket.has_something(within=1.2), "it is closed before its publication is answered"
        redis.resume()
        answer = socket.message()
        assert (answer["type"], answer["id"]) == ("published", 1)
        assert socket.close_code() == 1001
    assert gateway.process.wait(15) == 0


def test_a_publication_that_the_broker_has_is_answered_before_the_end(start_gateway, redis):
    gateway = start_gateway({"drain": "3s", "broker.url": redis.url})
    with Connection(gateway) as publisher:
        redis.pause()
        # What stands behind the first request in one read has been seen when that is answered.
        publisher.request("GET", "/healthz", behind=b"POST /v1/channels/d HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n\r\nlate")
        assert publisher.answer().status == 200
        drain(gateway)
        assert not publisher.has_something(within=0.5)
        redis.resume()
        assert publisher.answer().status == 200
    assert gateway.process.wait(15) == 0


@pytest.mark.parametrize("before", ["GET", "POST"])
def test_a_publication_whose_body_still_comes_is_waited_for(start_gateway, before):
    gateway = start_gateway({"drain": "0s"})
    with Connection(gateway) as publisher:
        # What stands behind the first request in one read has been seen when that is answered.
        publisher.request(before, "/v1/channels/d", behind=HALF, **({"body": b"first"} if before == "POST" else {}))
        assert publisher.answer().status == 200
        drain(gateway)
        with pytest.raises(subprocess.TimeoutExpired):
            gateway.process.wait(1)
        publisher.send(b"te")
        assert publisher.answer().status == 200
    assert gateway.process.wait(15) == 0


def test_a_publication_whose_body_never_comes_is_waited_for_no_longer_than_the_grace(start_gateway):
    gateway = start_gateway({"drain": "0s"})
    with Connection(gateway) as publisher:
        publisher.request("GET", "/v1/channels/d", behind=HALF)
        assert publisher.answer().status == 200
        begun = time.monotonic()
        drain(gateway)
        assert gateway.process.wait(15) == 0
        assert 2 < time.monotonic() - begun < 5


def test_answers_that_are_on_their_way_arrive_whole(start_gateway):
    gateway = start_gateway({"drain": "0s", "log.level": "debug", "limits.message_bytes": "1MiB"})
    gateway.publish("d", "x" * ANSWER_BYTES)
    with Connection(gateway, receive_buffer=4096) as reader:
        # In one read: what comes later is not read while the reader takes nothing.
        request = b"GET /v1/channels/d HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n"
        reader.send(request * ANSWERS)
        until(lambda: len(re.findall(r"method=GET ms=\S+ path=/v1/channels/d ", gateway.log.read_text())) == ANSWERS, 15,
              "not all are answered")
        drain(gateway)
        with pytest.raises(subprocess.TimeoutExpired):
            gateway.process.wait(0.5)
        for _ in range(ANSWERS):
            assert len(reader.answer().json()["messages"][0]["data"]) == ANSWER_BYTES
    assert gateway.process.wait(15) == 0


def test_a_request_that_begins_while_streams_end_is_answered(start_gateway, redis):
    gateway = start_gateway({"drain": "1s", "broker.url": redis.url})
    with Connection(gateway) as reader, Connection(gateway) as kept:
        reader.request("GET", "/v1/channels/d", "Accept: text/event-stream")
        until(lambda: metric(http, gateway, "subscriptions") == 1, 5, "the reader does not come")
        assert kept.request("GET", "/healthz").answer().status == 200
        drain(gateway)
        reader.file.read()
        redis.pause()
        kept.request("POST", "/v1/channels/d", body=b"late")
        # The last stream is gone.
        reader.__exit__()
        with pytest.raises(subprocess.TimeoutExpired):
            gateway.process.wait(1)
        redis.resume()
        assert kept.answer().status == 200
    assert gateway.process.wait(15) == 0


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_at_once(start_gateway, second):
    gateway = start_gateway({"drain": "60s"})
    with Connection(gateway) as reader:
        reader.request("GET", "/v1/channels/d", "Accept: text/event-stream")
        until(lambda: metric(http, gateway, "subscriptions") == 1, 5, "the reader does not come")
        drain(gateway)
        begun = time.monotonic()
        gateway.process.send_signal(second)
        assert gateway.process.wait(5) == 128 + second
        assert time.monotonic() - begun < 2
