"""A gigabyte of lines is published as it comes, and the gateway's memory stays flat."""

import threading

import pytest
from client import http
from process import resident
from raw import Connection

GIGABYTE = 1 << 30
LINE_BYTES = 1024


def chunk(lines):
    """One chunk of the body (RFC 9112 §7.1) with so many lines."""
    body = (b"x" * (LINE_BYTES - 1) + b"\n") * lines
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


@pytest.fixture
def sampled(start_gateway):
    """A gateway whose memory is sampled ten times a second."""
    gateway = start_gateway({})
    samples, stop = [], threading.Event()

    def sample():
        while not stop.wait(0.1):
            samples.append(resident(gateway.process))

    thread = threading.Thread(target=sample)
    thread.start()
    yield gateway, samples
    stop.set()
    thread.join()


def test_memory_stays_flat_while_1_gb_of_lines_streams_in(sampled):
    gateway, samples = sampled
    part = chunk(1024)
    with Connection(gateway) as connection:
        connection.socket.settimeout(60)
        connection.request("POST", "/v1/channels/big?lines=1", "Transfer-Encoding: chunked")
        warm = 16
        for _ in range(warm):
            connection.send(part)
        samples.clear()
        for _ in range(GIGABYTE // (1024 * LINE_BYTES) - warm):
            connection.send(part)
        connection.send(b"0\r\n\r\n")
        assert connection.answer().json()["published"] == GIGABYTE // LINE_BYTES
    # The log (1000 messages here) turns over a thousand times: what it takes is there after the first megabytes.
    assert len(samples) > 5
    assert max(samples) - samples[0] < 30_000, samples[:: max(1, len(samples) // 20)]


def test_one_line_without_an_end_is_not_gathered(sampled):
    gateway, samples = sampled
    with Connection(gateway) as connection:
        connection.request("POST", "/v1/channels/endless?lines=1", "Transfer-Encoding: chunked")
        part = f"{1 << 20:x}\r\n".encode() + b"x" * (1 << 20) + b"\r\n"
        for _ in range(200):
            if not connection.try_send(part):
                break
        answer = connection.answer()
        assert (answer.status, answer.code, answer.json()["published"]) == (413, "message_too_large", 0)
    assert not samples or max(samples) - samples[0] < 20_000
    assert http.get(gateway.url("endless")).json()["top"] == 0
