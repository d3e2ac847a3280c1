"""What is no HTTP, or too much of it, or too slow."""

import socket
import struct
import time

import pytest
from client import http
from gateway import until
from process import descriptors
from raw import Connection


def last_answer(connection):
    """The answer, and then the end of the connection."""
    answer = connection.answer()
    assert connection.is_ended()
    return answer


@pytest.mark.parametrize("garbage", [
    b"garbage\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), b"\x00" * 100 + b"\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n", b"GET  HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nBad Name: x\r\n\r\n",
    b"POST /v1/channels/a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
], ids=range(9))
def test_garbage_gets_400_and_the_end_of_the_connection(gateway, garbage):
    with Connection(gateway) as connection:
        connection.try_send(garbage)
        answer = last_answer(connection)
        assert (answer.status, answer.code) == (400, "invalid_http")


def test_a_request_with_two_lengths_is_refused(gateway, channel, is_untouched):
    with Connection(gateway) as connection:
        connection.request(
            "POST", f"/v1/channels/{channel}", "Content-Length: 5", "Transfer-Encoding: chunked").try_send(b"0\r\n\r\nhello")
        assert last_answer(connection).status == 400
    assert is_untouched()


def test_a_broken_chunk_is_refused_and_publishes_nothing(gateway, channel, is_untouched):
    with Connection(gateway) as connection:
        connection.request("POST", f"/v1/channels/{channel}", "Transfer-Encoding: chunked")
        connection.try_send(b"5\r\nhello\r\nnonsense\r\n")
        assert last_answer(connection).status == 400
    assert is_untouched()


def test_a_request_line_of_1_mb_gets_414(gateway):
    with Connection(gateway) as connection:
        connection.try_send(b"GET /" + b"x" * (1 << 20) + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = last_answer(connection)
        assert (answer.status, answer.code) == (414, "target_too_long")


@pytest.mark.parametrize("count", [10_000, 120], ids=["more than may be in bytes", "more than may be by number"])
def test_too_many_headers_get_431(gateway, count):
    with Connection(gateway) as connection:
        fields = b"".join(b"X-Header-%d: value\r\n" % number for number in range(count))
        connection.try_send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + fields + b"\r\n")
        answer = last_answer(connection)
        assert (answer.status, answer.code) == (431, "headers_too_large")


def test_one_header_of_1_mb_gets_431(gateway):
    with Connection(gateway) as connection:
        connection.try_send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + b"x" * (1 << 20) + b"\r\n\r\n")
        answer = last_answer(connection)
        assert (answer.status, answer.code) == (431, "headers_too_large")


def test_a_head_that_never_ends_gets_408_however_busily_it_drips(gateway):
    with Connection(gateway) as connection:
        connection.send(b"GET / HTTP/1.1\r\n")
        begun = time.monotonic()
        while not connection.has_something(within=0.2) and time.monotonic() < begun + 10:
            connection.try_send(b"X-Drip: x\r\n")
        answer = connection.answer()
        assert (answer.status, answer.code) == (408, "timeout")
        assert time.monotonic() - begun < 8


@pytest.mark.parametrize("length", ["Content-Length: 10", "Content-Length: 100000", "Transfer-Encoding: chunked"])
def test_a_body_that_comes_to_a_standstill_gets_408_and_publishes_nothing(gateway, channel, is_untouched, length):
    with Connection(gateway) as connection:
        connection.request("POST", f"/v1/channels/{channel}", length).send(b"1\r\nx" if "chunked" in length else b"x")
        answer = connection.answer()
        if answer.status != 413:  # A declared length over the limit needs no waiting.
            assert (answer.status, answer.code) == (408, "timeout")
        assert connection.is_ended()
    assert is_untouched()


def test_an_idle_connection_is_closed(gateway):
    with Connection(gateway) as fresh, Connection(gateway) as used:
        assert used.request("GET", "/healthz").answer().status == 200
        assert fresh.is_ended() and used.is_ended()


@pytest.mark.parametrize("begin", [
    b"", b"GET /", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"POST /v1/channels/gone HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nx",
    b"POST /v1/channels/gone HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    b"GET /v1/channels/gone HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n",
], ids=["silent", "target", "headers", "body", "chunk", "stream"])
@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
def test_a_peer_that_vanishes_leaves_nothing_behind(gateway, begin, reset):
    before = descriptors(gateway.process)
    for _ in range(20):
        with Connection(gateway) as connection:
            connection.send(begin)
            if reset:
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until(lambda: descriptors(gateway.process) <= before, 10, lambda: f"{before} descriptors became {descriptors(gateway.process)}")
    assert http.get(gateway.url("gone")).json()["top"] == 0
