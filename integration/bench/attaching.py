"""Many channels attached at once: one gateway's readers of them, over few WebSockets, and what they cost."""

import base64
import json
import os
import select
import socket
import time

CHANNELS = 50_000
STORM = 10_000
PER_SOCKET = 10_000  # subscriptions of one connection
SECONDS = 120  # for a storm to end
FRAME = b"\x81"
READ_BYTES = 1 << 18


def cpu_seconds(pid):
    """A process's CPU time, exact to nanoseconds: its clock's id is made of its pid (clock_getcpuclockid)."""
    return time.clock_gettime((~pid << 3) | 2)


def memory_kb(pid):
    """Its share of what is in no file, and the file pages that it has mapped: as the load generator counts it."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        kb = {line.split(":")[0]: int(line.split()[1]) for line in file if line.endswith("kB\n")}
    return kb["Rss"] - kb["Anonymous"] + kb["Pss_Anon"]


def masked(text):
    """A client's text frame (RFC 6455 §5.2). A key of zeros leaves the payload as it is."""
    payload = text.encode()
    length = bytes([0x80 | len(payload)]) if len(payload) < 126 else bytes([0xFE]) + len(payload).to_bytes(2, "big")
    return FRAME + length + bytes(4) + payload


class Subscriber:
    """One WebSocket whose subscriptions are asked for all at once."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            (f"GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
        answer = b""
        while b'"open"' not in answer:
            part = self.socket.recv(READ_BYTES)
            if not part:
                raise ConnectionError(f"no WebSocket: {answer[:300]}")
            answer += part
        self.socket.setblocking(False)

    def ask(self, kind, channels):
        """`subscribe` or `unsubscribe` for each, and waits until every one is answered."""
        rest = memoryview(b"".join(
            masked(json.dumps({"type": kind, "id": number, "channel": channel})) for number, channel in enumerate(channels)))
        answer, missing = kind.encode() + b"d\"", len(channels)
        deadline, tail = time.monotonic() + SECONDS, b""
        while missing > 0:
            left = deadline - time.monotonic()
            readable, writable, _ = select.select([self.socket], [self.socket] if rest else [], [], max(0, left))
            if not readable and not writable:
                raise TimeoutError(f"{missing} of {len(channels)} were not answered: {kind}")
            if writable:
                rest = rest[self.socket.send(rest[:READ_BYTES]):]
            if readable:
                part = self.socket.recv(READ_BYTES)
                if not part or b'"type":"error"' in tail + part:
                    raise ConnectionError(f"{kind}: {(tail + part)[-300:]}")
                missing -= (tail + part).count(answer)
                tail = (tail + part)[-(len(answer) - 1):]

    def close(self):
        self.socket.close()


def names(first, count):
    return [f"attached:{number}" for number in range(first, first + count)]


def attach_many(port, pid, redis_bytes):
    """Attaches `CHANNELS`, then storms of `STORM` more. `redis_bytes`: what Redis uses, now."""
    subscribers = [Subscriber(port) for _ in range(CHANNELS // PER_SOCKET)]
    stormer = Subscriber(port)
    gateway_kb, redis = memory_kb(pid), redis_bytes()
    for number, subscriber in enumerate(subscribers):
        subscriber.ask("subscribe", names(number * PER_SOCKET, PER_SOCKET))
    figures = {
        "gateway_bytes_per_channel": (memory_kb(pid) - gateway_kb) * 1024 / CHANNELS,
        "redis_bytes_per_channel": (redis_bytes() - redis) / CHANNELS,
    }
    for kind in ("subscribe", "unsubscribe"):
        cpu, began = cpu_seconds(pid), time.monotonic()
        stormer.ask(kind, names(CHANNELS, STORM))
        figures |= {f"{kind}_cpu_s": cpu_seconds(pid) - cpu, f"{kind}_s": time.monotonic() - began}
    for subscriber in [*subscribers, stormer]:
        subscriber.close()
    return figures
