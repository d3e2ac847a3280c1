"""Readers that say nothing are nearly all readers nearly always: what each takes of memory is bounded."""

import pytest
from process import taken_by_each
from raw import Connection, WebSocketConnection

FIRST, MORE = 500, 2_000
MOST_KIB = 1.5


def web_socket(gateway):
    reader = WebSocketConnection(gateway, "/v1/ws?channel=idle")
    while reader.message()["type"] != "subscribed":
        pass
    return reader


def event_stream(gateway):
    reader = Connection(gateway)
    reader.request("GET", "/v1/channels/idle", "Accept: text/event-stream")
    while "stream-open" not in (line := reader.line()):
        assert line, "the stream ended"
    return reader


@pytest.mark.parametrize("reader", [web_socket, event_stream])
def test_an_idle_reader_takes_no_more_than_one_and_a_half_kilobytes(start_gateway, reader):
    gateway = start_gateway()
    each = taken_by_each(gateway.process, FIRST, MORE, lambda: reader(gateway))
    assert each <= MOST_KIB, f"{each:.2f} KiB"
