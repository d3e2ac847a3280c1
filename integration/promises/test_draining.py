"""A shutdown is an orderly one: readers leave spread over time and know when to come back, and what was begun is answered."""

import selectors
import signal
import time

import pytest
from client import http
from gateway import until
from process import metric
from raw import CLOSE, Connection, WebSocketConnection

STREAMS = 60
DRAIN_SECONDS = 4


def ends_of(connections, seconds):
    """When each connection ended, in seconds from now, and what it had received."""
    received = {connection: b"" for connection in connections}
    ended = {}
    begun = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            connection.socket.setblocking(False)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        while len(ended) < len(connections) and time.monotonic() - begun < seconds:
            for key, _ in selector.select(0.1):
                data = key.fileobj.recv(65536)
                received[key.data] += data
                if not data:
                    selector.unregister(key.fileobj)
                    ended[key.data] = time.monotonic() - begun
    assert len(ended) == len(connections), f"{len(ended)} of {len(connections)} streams ended within {seconds} s"
    return sorted(ended.values()), list(received.values())


@pytest.fixture
def draining(start_gateway, sockets):
    return start_gateway({"drain": f"{DRAIN_SECONDS}s", "hub.sockets": sockets})


def wait_for_readers(gateway, count):
    until(lambda: metric(http, gateway, "subscriptions") == count, 15, "the readers do not come")


def are_spread(ends):
    """No second of the drain time sees most of them leave, and none leaves after it."""
    assert ends[-1] < DRAIN_SECONDS + 2
    for second in range(DRAIN_SECONDS + 2):
        assert sum(second <= end < second + 1 for end in ends) <= len(ends) * 0.6, ends
    assert ends[-1] - ends[0] > DRAIN_SECONDS / 3, ends


def test_event_streams_end_spread_over_the_drain_time_each_with_its_own_retry(draining):
    connections = [
        Connection(draining).request("GET", "/v1/channels/drained", "Accept: text/event-stream") for _ in range(STREAMS)]
    wait_for_readers(draining, STREAMS)
    draining.process.terminate()
    ends, received = ends_of(connections, DRAIN_SECONDS + 10)
    are_spread(ends)
    last = [int(text.decode().rsplit("retry: ", 1)[1].split("\n")[0]) for text in received]
    assert all(text.count(b"retry: ") == 2 for text in received), "one at the opening, one at the end"
    assert all(1000 <= retry <= 3000 for retry in last) and len(set(last)) > STREAMS / 2
    assert draining.process.wait(15) == 0
    for connection in connections:
        connection.__exit__()


def test_websockets_end_spread_over_the_drain_time_with_1001(draining):
    connections = [WebSocketConnection(draining, "/v1/ws?channel=drained") for _ in range(STREAMS)]
    wait_for_readers(draining, STREAMS)
    draining.process.terminate()
    ends, received = ends_of(connections, DRAIN_SECONDS + 15)
    are_spread(ends)
    assert all(bytes([0x80 | CLOSE]) in text and b"\x03\xe9" in text for text in received)
    assert draining.process.wait(15) == 0
    for connection in connections:
        connection.__exit__()


def test_a_publication_that_was_begun_is_answered_and_then_the_gateway_ends(draining):
    with Connection(draining) as begun, Connection(draining) as lines:
        # What stands behind the first request in one read has been seen when that is answered.
        begun.request("GET", "/healthz", behind=b"POST /v1/channels/late HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n\r\nla")
        assert begun.answer().status == 200
        lines.request("POST", "/v1/channels/lines?lines=1", "Transfer-Encoding: chunked").send(b"4\r\none\n\r\n")
        until(lambda: http.get(draining.url("lines")).json()["top"] == 1, 10, "the first line does not come")
        draining.process.terminate()
        until(lambda: "draining" in draining.log.read_text(), 10, "the gateway goes on")
        begun.send(b"te")
        answer = begun.answer()
        assert (answer.status, answer.json()["offset"]) == (200, 1)
        lines.send(b"4\r\ntwo\n\r\n0\r\n\r\n")
        answer = lines.answer()
        assert (answer.status, answer.json()["published"]) == (200, 2)
    assert draining.process.wait(DRAIN_SECONDS + 10) == 0


def test_a_gateway_that_drains_takes_no_new_connections_and_is_not_ready(draining):
    with Connection(draining) as kept, Connection(draining) as reader:
        reader.request("GET", "/v1/channels/drained", "Accept: text/event-stream")
        assert kept.request("GET", "/readyz").answer().status == 200
        wait_for_readers(draining, 1)
        draining.process.terminate()
        until(lambda: "draining" in draining.log.read_text(), 10, "the gateway goes on")
        answer = kept.request("GET", "/readyz").answer()
        assert (answer.status, answer.code) == (503, "draining")

        def refuses():
            try:
                with Connection(draining):
                    return False
            except ConnectionRefusedError:
                return True

        until(refuses, 5, "new connections are still taken")
    assert draining.process.wait(DRAIN_SECONDS + 10) == 0


def test_a_gateway_with_nobody_to_tell_ends_at_once(draining):
    begun = time.monotonic()
    draining.process.terminate()
    assert draining.process.wait(15) == 0
    assert time.monotonic() - begun < DRAIN_SECONDS


def test_sigint_is_as_good_as_sigterm(draining):
    draining.process.send_signal(signal.SIGINT)
    assert draining.process.wait(15) == 0
