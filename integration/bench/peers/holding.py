"""Opens connections and holds them until its input ends: holding.py PORT COUNT TRANSPORT PATH HELLO [tls].

Prints a line when a server has had a second to settle: how many seconds opening took, and which share of it this was busy.
"""

import socket
import ssl
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from attaching import masked  # noqa: E402

SETTLE_SECONDS = 1.5
UPGRADE = ("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def opened(port, request, greeting, secure):
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    # Without Nagle's delay, as browsers have it: the request would wait for the answer to the handshake's last packet.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if secure:
        connection = secure.wrap_socket(connection)
    connection.sendall(request)
    head = b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(1 << 16)
        if not part:
            sys.exit(f"refused: {head[:300]}")
        head += part
    if not head.startswith((b"HTTP/1.1 101", b"HTTP/1.1 200")):
        sys.exit(f"bad answer: {head[:300]}")
    connection.sendall(greeting)
    return connection


def main(port, count, transport, path, hello, tls=None):
    wants = UPGRADE if transport == "WebSocket" else "Accept: text/event-stream\r\n"
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{wants}\r\n".encode()
    greeting, secure = masked(hello) if hello else b"", context() if tls else None
    began, cpu = time.monotonic(), time.process_time()
    connections = [opened(int(port), request, greeting, secure) for _ in range(int(count))]
    seconds = time.monotonic() - began
    busy = (time.process_time() - cpu) / seconds
    time.sleep(SETTLE_SECONDS)
    print(seconds, busy, flush=True)
    sys.stdin.read()
    del connections


if __name__ == "__main__":
    main(*sys.argv[1:])
