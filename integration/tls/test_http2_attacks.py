"""What HTTP/2 alone makes possible: each ends the connection, and costs the gateway little."""

import itertools
import socket

import pytest
from gateway import until
from http2_connection import HTTP2Connection, frame
from process import resident

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 8, 9


def ends_the_connection(connection, attack, batches=2_000):
    """Sends batch after batch until the gateway has had enough."""
    for _ in range(batches):
        if not connection.send_raw(attack()):
            break
        connection.read(0.001)
        if connection.is_closed:
            break
    connection.until_closed(10)


@pytest.fixture
def attacked(gateway):
    """The gateway must be well after the attack, and no larger."""
    before = resident(gateway.process)
    yield gateway
    assert gateway.is_alive()
    assert resident(gateway.process) - before < 64 << 10


def test_rapid_reset(attacked):
    request = b"\x82\x87\x84\x01\x09localhost"
    with HTTP2Connection(attacked) as connection:
        streams = itertools.count(1, 2)

        def attack():
            batch = itertools.islice(streams, 100)
            return b"".join(frame(HEADERS, 5, one, request) + frame(RST_STREAM, 0, one, bytes(4)) for one in batch)

        ends_the_connection(connection, attack)
        assert connection.goaways[0].error_code == 11  # ENHANCE_YOUR_CALM


@pytest.mark.parametrize(
    "flood",
    [
        frame(PING, payload=bytes(8)), frame(SETTINGS), frame(PRIORITY, stream=1, payload=bytes(4) + b"\x10"),
    ], ids=["ping", "settings", "priority"])
def test_floods_of_control_frames(attacked, flood):
    with HTTP2Connection(attacked) as connection:
        ends_the_connection(connection, lambda: flood * 100)
        assert connection.goaways[0].error_code == 11


def test_floods_of_empty_data(attacked):
    with HTTP2Connection(attacked) as connection:
        stream = connection.begin("POST", "/v1/channels/a?lines=1", ends=False)
        ends_the_connection(connection, lambda: frame(DATA, stream=stream) * 100)


@pytest.mark.parametrize("size", [0, 1, 16_000], ids=["empty", "tiny", "large"])
def test_continuation_without_end(attacked, size):
    with HTTP2Connection(attacked) as connection:
        assert connection.send_raw(frame(HEADERS, stream=1))
        # A literal field without indexing that never ends.
        ends_the_connection(connection, lambda: frame(CONTINUATION, stream=1, payload=b"\x00" * size) * 10)


def test_a_header_bomb(attacked):
    """One large field in the dynamic table, named a thousand times by a byte each."""
    with HTTP2Connection(attacked) as connection:
        fields = b"\x82\x87\x84\x41\x09localhost" + b"\x40\x01x\x7f\xa1\x1e" + b"y" * 4000 + b"\xbe" * 10_000
        connection.send_raw(frame(HEADERS, flags=5, stream=1, payload=fields))
        connection.until_or_closed(lambda: 1 in connection.ended or connection.goaways, 10)
        assert connection.goaways or connection.heads[1][":status"] == "431"


def test_window_updates_without_end_cost_a_bounded_answer(attacked):
    attacked.publish("a", "x" * 60_000)
    with HTTP2Connection(attacked, settings={4: 0}, reads=False) as connection:
        connection.begin("GET", "/v1/channels/a", ("accept", "application/json"))
        for _ in range(200):
            for _ in range(50):
                connection.h2.increment_flow_control_window(1, 1)
            connection.flush()
            connection.read(0.01)
        assert len(connection.bodies[1]) <= 10_000


def test_a_window_that_overflows(attacked):
    with HTTP2Connection(attacked) as connection:
        connection.send_raw(frame(WINDOW_UPDATE, payload=b"\x7f\xff\xff\xff") * 2)
        connection.until_closed(10)


def test_what_is_no_http2_at_all(attacked):
    for nonsense in (frame(PING, stream=1, payload=bytes(8)), frame(DATA, stream=0, payload=b"x"), b"\xff" * 1000):
        with HTTP2Connection(attacked) as connection:
            connection.send_raw(nonsense)
            connection.until_closed(10)


def test_a_preface_that_stops(start_plain):
    plain = start_plain({"timeouts.header": "500ms", "timeouts.idle": "1s"})
    for begun in (b"PRI * HT", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", plain.port), 15) as slow:
            slow.sendall(begun)
            while slow.recv(4096):
                pass


def test_answers_that_are_never_taken_are_bounded(attacked):
    """A hundred thousand pings, and no pong is read: that ends the connection."""
    with HTTP2Connection(attacked) as connection:
        connection.socket.setblocking(False)
        ping = frame(PING, payload=bytes(8)) * 1000
        for _ in range(100):
            try:
                connection.socket.send(ping)
            except OSError:
                break
        until(attacked.is_alive, 5, "the gateway does not answer others")
        connection.until_closed()
