"""A slow reader is fed from the log: it misses nothing, takes no memory, and nobody waits for it."""

import json
import threading

import pytest
from client import http
from process import metric, resident
from raw import Connection, WebSocketConnection

LINES = 20_000
LINE = "x" * 1000
SLOW_READERS = 40
SETTINGS = {
    "namespaces.default.history.messages": LINES * 2, "namespaces.default.history.bytes": "256MiB",
    "limits.session_buffer_bytes": "64KiB", "timeouts.write": "5m",
}


def open_events(gateway, channel):
    connection = Connection(gateway, receive_buffer=4096)
    connection.request("GET", f"/v1/channels/{channel}", "Accept: text/event-stream")
    return connection


def read_events(connection):
    """The numbers of all messages up to the end."""
    assert connection.answer(has_body=False).status == 200
    found = []
    while (line := connection.file.readline()) != b"event: stream-end\n":
        assert line and line != b"event: stream-gap\n"
        if line.startswith(b"data: ") and not line.startswith(b"data: {"):
            found.append(int(line[6:14]))
    return found


def open_websocket(gateway, channel):
    return WebSocketConnection(gateway, f"/v1/ws?channel={channel}", receive_buffer=4096)


def read_websocket(connection):
    found = []
    while (message := connection.message())["type"] != "end":
        assert message["type"] != "gap"
        if message["type"] == "message":
            found.append(int(message["data"][:8]))
    return found


@pytest.mark.parametrize("begin, read", [(open_events, read_events), (open_websocket, read_websocket)], ids=["sse", "websocket"])
def test_slow_readers_get_everything_from_the_log_while_memory_is_bounded_and_nobody_waits(start_gateway, sockets, begin, read):
    gateway = start_gateway(SETTINGS | {"hub.sockets": sockets})
    slow = [begin(gateway, "slow") for _ in range(SLOW_READERS)]
    quick_found = []
    with begin(gateway, "slow") as quick:
        reading = threading.Thread(target=lambda: quick_found.extend(read(quick)))
        reading.start()
        before = resident(gateway.process)
        body = (f"{number:08} {LINE}\n".encode() for number in range(LINES))
        assert http.post(gateway.url("slow"), content=body, params={"lines": 1, "close": 1}, timeout=60).json()["published"] == LINES
        # The quick one has everything though the slow ones have not read a byte yet.
        reading.join(60)
        assert quick_found == list(range(LINES))
    grown = resident(gateway.process) - before
    whole = LINES * len(LINE) // 1024
    # What waits for all slow readers would be 40 times the log; the log itself stands in memory once.
    assert grown < whole * 4, f"{grown} KiB for a log of {whole} KiB"
    assert metric(http, gateway, "lagged_total") >= SLOW_READERS
    for connection in slow[3:]:
        connection.__exit__()
    for connection in slow[:3]:
        with connection:
            assert read(connection) == list(range(LINES))
    assert metric(http, gateway, "gaps_total") == 0


@pytest.mark.parametrize("begin", [open_events, open_websocket], ids=["sse", "websocket"])
def test_a_slow_reader_whose_log_was_trimmed_is_told_the_gap_and_goes_on_from_there(start_gateway, sockets, begin):
    gateway = start_gateway({
        "limits.session_buffer_bytes": "64KiB", "namespaces.default.history.messages": 100, "hub.sockets": sockets, "timeouts.write": "5m"})
    with begin(gateway, "slow") as connection:
        body = (f"{number:08} {LINE}\n".encode() for number in range(LINES))
        assert http.post(gateway.url("slow"), content=body, params={"lines": 1, "close": 1}, timeout=60).status_code == 200
        text = connection.file.read if begin is open_events else lambda: frames(connection)
        found = text()
    offsets, gaps = in_order(found) if begin is open_events else found
    assert gaps and {gap["reason"] for gap in gaps} == {"trimmed"}
    assert offsets == sorted(set(offsets)) and offsets[-1] == LINES
    # What is missing is what the gaps say, and nothing else.
    missing = [(left, right) for left, right in zip(offsets, offsets[1:]) if right != left + 1]
    told = [(int(gap["asked"].split(":")[1]), gap["have_from"]) for gap in gaps]
    assert missing == told


def in_order(body):
    offsets, gaps = [], []
    for block in body.decode().split("\n\n"):
        if "event: stream-gap" in block:
            gaps.append(json.loads(block.split("data: ", 1)[1]))
        elif "id: " in block and "event: " not in block:
            offsets.append(int(block.split("id: ", 1)[1].split("\n")[0].split(":")[1]))
    return offsets, gaps


def frames(connection):
    offsets, gaps = [], []
    while (message := connection.message())["type"] != "end":
        if message["type"] == "gap":
            gaps.append(message)
        elif message["type"] == "message":
            offsets.append(message["offset"])
    return offsets, gaps
