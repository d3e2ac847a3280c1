"""Those who are slow on purpose: in the head, in the body, and in reading the answer. Each is let go, and nobody waits for them."""

import time

import pytest
from client import http
from gateway import until
from process import descriptors, metric, resident
from raw import Connection, WebSocketConnection

CROWD = 200
SETTINGS = {
    "timeouts.header": "1s", "timeouts.body": "1s", "timeouts.write": "2s", "timeouts.idle": "2s",
    "limits.message_bytes": "64KiB", "limits.session_buffer_bytes": "256KiB", "namespaces.default.history.bytes": "16MiB"}
HOST = b"HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture
def gateway(start_gateway):
    return start_gateway(SETTINGS)


@pytest.fixture
def crowd(gateway):
    """Opens many connections that all send or ask for the same."""
    connections = []

    def open_all(sent, **options):
        for _ in range(CROWD):
            connections.append(Connection(gateway, **options))
            connections[-1].send(sent)
        return connections

    yield open_all
    for connection in connections:
        connection.__exit__()


def drip(gateway, connections, before):
    """Sends a byte on each of them again and again, until all are closed; a request by the side is answered at once."""
    until(lambda: descriptors(gateway.process) > before + CROWD // 2, 10, "they are not accepted")
    deadline = time.monotonic() + 10
    while descriptors(gateway.process) > before + CROWD // 10:
        assert time.monotonic() < deadline, f"{descriptors(gateway.process) - before} connections are still held"
        begun = time.monotonic()
        assert http.get(f"{gateway.base_url}/healthz").status_code == 200
        assert time.monotonic() - begun < 1
        for connection in connections:
            connection.try_send(b"x")
        time.sleep(0.2)


def test_heads_that_drip_are_let_go(gateway, crowd):
    before = descriptors(gateway.process)
    drip(gateway, crowd(b"GET / " + HOST + b"X-Drip: "), before)


@pytest.mark.parametrize("head", [
    b"POST /v1/channels/drip " + HOST + b"Content-Length: 60000\r\n\r\n",
    b"POST /v1/channels/drip " + HOST + b"Transfer-Encoding: chunked\r\n\r\nEA60\r\n",
    b"POST /v1/tasks " + HOST + b"Content-Length: 60000\r\n\r\n",
], ids=["length", "chunked", "task"])
def test_bodies_that_drip_are_let_go_though_they_are_never_silent(gateway, crowd, head):
    before = descriptors(gateway.process)
    drip(gateway, crowd(head), before)
    assert http.get(gateway.url("drip")).json()["top"] == 0


def test_a_body_that_comes_steadily_may_take_longer_than_the_timeout(gateway):
    with Connection(gateway) as connection:
        connection.send(b"POST /v1/channels/steady " + HOST + b"Content-Length: 10240\r\n\r\n")
        for _ in range(10):
            connection.send(b"x" * 1024)
            time.sleep(0.25)
        assert connection.answer().status == 200


@pytest.fixture
def much(gateway):
    """A channel whose log is more than sockets' buffers hold."""
    line = "x" * 10_000
    body = "".join(f"{line}\n" for _ in range(1000)).encode()
    assert http.post(gateway.url("much"), content=body, params={"lines": 1}).json()["published"] == 1000


@pytest.mark.parametrize("target, accept", [
    ("/v1/channels/much?limit=1000", "application/json"), ("/v1/channels/much", "text/plain")], ids=["page", "log"])
def test_readers_of_an_answer_who_take_a_byte_a_second_are_let_go(gateway, much, crowd, target, accept):
    before, memory = descriptors(gateway.process), resident(gateway.process)
    request = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n\r\n".encode()
    connections = crowd(request, receive_buffer=4096)
    for connection in connections:
        assert connection.socket.recv(1) == b"H"
    deadline = time.monotonic() + 15
    while descriptors(gateway.process) > before + CROWD // 10:
        assert time.monotonic() < deadline, f"{descriptors(gateway.process) - before} connections are still held"
        for connection in connections:
            connection.has_something() and connection.socket.recv(1)
        assert http.get(f"{gateway.base_url}/healthz").status_code == 200
        time.sleep(1)
    until(lambda: resident(gateway.process) - memory < 100_000, 10, "the memory stays")


def test_a_producer_who_reads_no_answers_is_let_go(gateway):
    before = descriptors(gateway.process)
    line = b'{"channel":"unread","data":"x"}\n' * 1000
    with Connection(gateway, receive_buffer=4096) as connection:
        connection.send(b"POST /v1/publish " + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
        connection.socket.settimeout(20)
        begun = time.monotonic()
        while connection.try_send(b"%x\r\n%s\r\n" % (len(line), line)):
            assert time.monotonic() < begun + 20
        until(lambda: descriptors(gateway.process) <= before, 5, "the connection is still held")


@pytest.mark.parametrize("kind", ["events", "websocket"])
def test_streams_that_are_read_a_byte_a_second_take_no_memory_and_nobody_waits(gateway, much, crowd, kind):
    before = resident(gateway.process)
    if kind == "events":
        readers = crowd(b"GET /v1/channels/much " + HOST + b"Accept: text/event-stream\r\n\r\n", receive_buffer=4096)
    else:
        readers = [WebSocketConnection(gateway, "/v1/ws?channel=much", receive_buffer=4096) for _ in range(CROWD)]
    until(lambda: metric(http, gateway, "lagged_total") >= CROWD, 10, "nobody lags")
    for _ in range(2):
        for reader in readers:
            reader.socket.recv(1)
        begun = time.monotonic()
        gateway.publish("much", "live")
        assert time.monotonic() - begun < 1
    # What waits for all of them would be 2 GB.
    assert resident(gateway.process) - before < CROWD * 256 * 2.5
    for reader in readers:
        reader.__exit__()
