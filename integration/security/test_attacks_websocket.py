"""WebSockets that flood: pings, fragments, frames, subscriptions. Memory stays, and others are served meanwhile."""

import json
import threading
import time

import pytest
from client import http
from process import resident
from raw import BINARY, PING, PONG, TEXT, Connection, WebSocketConnection, frame

MILLION = 1_000_000
# A mask of zeros, and nothing masked.
EMPTY_PING = frame(PING)
KIB = 20_000


@pytest.fixture(scope="module")
def gateway(shared_gateway):
    return shared_gateway


@pytest.fixture(scope="module")
def shared_gateway(tmp_path_factory):
    from client import PooledGateway

    settings = {"limits.header_bytes": "1MiB", "limits.connections_per_address": 50}
    gateway = PooledGateway(tmp_path_factory.mktemp("flood") / "gateway.log", settings).start()
    # What a log and the allocator take anyway is there before anything is measured.
    http.post(gateway.url("others"), params={"lines": 1}, content=b"x\n" * 5000)
    yield gateway
    gateway.stop()


@pytest.fixture
def others(gateway):
    """Someone who goes on publishing and reading all the while, and must not wait."""
    over, waits = threading.Event(), []

    def go_on():
        while not over.is_set():
            begun = time.monotonic()
            gateway.publish("others", "x")
            waits.append(time.monotonic() - begun)

    thread = threading.Thread(target=go_on)
    thread.start()
    yield
    over.set()
    thread.join()
    assert waits and max(waits) < 1


@pytest.fixture
def memory(gateway):
    """Fails when the flood has taken memory for itself."""
    before = resident(gateway.process)
    yield before
    assert resident(gateway.process) - before < KIB


def flood(connection, data, count):
    """Sends so many times; `False`: the gateway has stopped reading, or has closed the connection."""
    part = data * 10_000
    connection.socket.settimeout(2)
    return all(connection.try_send(part) for _ in range(count // 10_000))


def test_a_million_pings_are_answered_to_who_reads_the_pongs(gateway, memory, others):
    with WebSocketConnection(gateway) as connection:
        assert connection.message()["type"] == "open"
        sending = threading.Thread(target=flood, args=(connection, EMPTY_PING, MILLION))
        sending.start()
        pong = bytes([0x80 | PONG, 0])
        assert connection.file.read(2 * MILLION) == pong * MILLION
        sending.join()


@pytest.mark.parametrize("ping", [EMPTY_PING, frame(PING, b"x" * 125)], ids=["empty", "full"])
def test_a_million_pings_of_who_reads_no_pongs_are_not_taken(gateway, memory, others, ping):
    with WebSocketConnection(gateway, receive_buffer=4096) as connection:
        # More than the pongs that sockets hold.
        assert not flood(connection, ping, 5 * MILLION)
        assert resident(gateway.process) - memory < KIB


@pytest.mark.parametrize("part", [frame(0, b"", fin=False), frame(0, b"x", fin=False)], ids=["empty", "one-byte"])
def test_a_million_fragments_are_one_message_and_no_longer_than_one(gateway, memory, others, part):
    with WebSocketConnection(gateway) as connection:
        assert connection.message()["type"] == "open"
        connection.send(frame(TEXT, b"", fin=False))
        flood(connection, part, MILLION)
        if len(part) == len(EMPTY_PING):
            connection.send(frame(0, b'{"type":"ping"}'))
            assert connection.message()["type"] == "pong"
        else:
            assert connection.close_code() == 1009


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [10 << 20, (1 << 63) - 1])
def test_a_huge_frame_is_refused_by_its_head(gateway, memory, opcode, size):
    with WebSocketConnection(gateway) as connection:
        assert connection.message()["type"] == "open"
        connection.send(frame(opcode, b"", declared=size))
        assert connection.close_code() == 1009


def test_a_hundred_thousand_subscribes_are_a_hundred_subscriptions(gateway, memory, others):
    with WebSocketConnection(gateway) as connection:
        assert connection.message()["type"] == "open"

        def subscribe():
            for number in range(0, 100_000, 1000):
                connection.try_send(b"".join(
                    frame(TEXT, json.dumps({"type": "subscribe", "channel": f"bomb:{which}"}).encode())
                    for which in range(number, number + 1000)))

        sending = threading.Thread(target=subscribe)
        sending.start()
        answers = [connection.message() for _ in range(100_000)]
        sending.join()
        assert sum(answer["type"] == "subscribed" for answer in answers) == 100
        assert {answer["code"] for answer in answers if answer["type"] == "error"} == {"too_many_subscriptions"}


@pytest.mark.parametrize("path", ["/v1/events", "/v1/ws"])
def test_a_query_of_ten_thousand_channels_is_refused(gateway, memory, others, path):
    target = f"{path}?" + "&".join(f"channel=bomb:{number}" for number in range(10_000))
    if path == "/v1/ws":
        with WebSocketConnection(gateway, target) as connection:
            assert connection.message()["code"] == "too_many_subscriptions"
            assert connection.close_code() == 4429
    else:
        with Connection(gateway) as connection:
            answer = connection.request("GET", target).answer()
            assert (answer.status, answer.code) == (429, "too_many_subscriptions")
