"""What a reader by TLS takes of memory while it says nothing is bounded."""

import socket

from process import taken_by_each

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
    each = taken_by_each(gateway.process, FIRST, MORE, lambda: event_stream(gateway))
    assert each <= MOST_KIB, f"{each:.1f} KiB"
