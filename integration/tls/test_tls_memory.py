"""What a reader by TLS takes of memory while it says nothing is bounded."""

import socket
from contextlib import ExitStack

from process import written

FIRST, MORE = 100, 300
MOST_KIB = 22.5
REQUEST = b"GET /v1/channels/a HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
SECONDS = 15


def event_stream(gateway):
    plain = socket.create_connection(("127.0.0.1", gateway.port), SECONDS)
    reader = gateway.trust.wrap_socket(plain, server_hostname="localhost")
    reader.sendall(REQUEST)
    head = b""
    while b"stream-open" not in head:
        part = reader.recv(4096)
        assert part, head
        head += part
    return reader


def test_an_idle_reader_by_tls_takes_little_more_than_tls_keeps_itself(gateway):
    with ExitStack() as stack:
        for _ in range(FIRST):  # What is made once is made with the first.
            stack.enter_context(event_stream(gateway))
        before = written(gateway.process)
        for _ in range(MORE):
            stack.enter_context(event_stream(gateway))
        each = (written(gateway.process) - before) / MORE
    assert each <= MOST_KIB, f"{each:.1f} KiB"
