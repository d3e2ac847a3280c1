"""Readers that say nothing are nearly all readers nearly always: what each takes of memory is bounded."""

from contextlib import ExitStack

import pytest
from process import written
from raw import Connection, WebSocketConnection

FIRST, MORE = 500, 2_000


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
    with ExitStack() as stack:
        for _ in range(FIRST):  # What is made once is made with the first.
            stack.enter_context(reader(gateway))
        before = written(gateway.process)
        for _ in range(MORE):
            stack.enter_context(reader(gateway))
        each = (written(gateway.process) - before) / MORE
    assert each <= 1.5, f"{each:.2f} KiB"
