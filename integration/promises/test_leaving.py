"""Readers come and go by the thousand, and are killed: the gateway is left as it was."""

import subprocess
import sys

from client import http
from gateway import until
from process import descriptors, metric, resident
from raw import Connection, WebSocketConnection

CONNECTIONS = 5_000
AT_ONCE = 500

HOLD = """
import socket, sys
sockets = []
for number in range(int(sys.argv[2])):
    made = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    target = "/v1/ws?channel=held" if number % 2 else "/v1/channels/held"
    fields = ["Host: 127.0.0.1"]
    if number % 2:
        fields += ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + "A" * 22 + "=="]
    else:
        fields += ["Accept: text/event-stream"]
    made.sendall("\\r\\n".join([f"GET {target} HTTP/1.1", *fields, "", ""]).encode())
    sockets.append(made)
print("holding", flush=True)
sys.stdin.read()
"""


def sessions(gateway):
    return metric(http, gateway, "sessions")


def come_and_go(gateway, count):
    """Opens so many connections, a few hundred at a time: streams, WebSockets, requests half said; and drops them."""
    for begin in range(0, count, AT_ONCE):
        opened = []
        for number in range(begin, begin + AT_ONCE):
            if number % 3 == 1:
                opened.append(WebSocketConnection(gateway, f"/v1/ws?channel=leaving:{number % 10}"))
                continue
            connection = Connection(gateway)
            opened.append(connection)
            if number % 3 == 0:
                connection.request("GET", f"/v1/channels/leaving:{number % 10}", "Accept: text/event-stream")
            else:
                connection.send(b"GET / HT")
        for connection in opened:
            connection.__exit__()
        gateway.publish(f"leaving:{begin % 10}", "x")


def is_as_it_was(gateway, descriptors_before):
    return sessions(gateway) == 0 and descriptors(gateway.process) <= descriptors_before + 2


def test_5000_connections_come_and_go_and_leave_neither_descriptors_nor_memory(start_gateway, sockets):
    gateway = start_gateway({"hub.sockets": sockets})
    come_and_go(gateway, AT_ONCE * 2)  # What is made once, and kept.
    until(lambda: sessions(gateway) == 0, 20, "readers are still counted")
    before, memory = descriptors(gateway.process), resident(gateway.process)
    come_and_go(gateway, CONNECTIONS)
    until(lambda: is_as_it_was(gateway, before), 20, lambda: f"{before} descriptors became {descriptors(gateway.process)}")
    assert resident(gateway.process) - memory < 10_000


def test_killed_readers_leave_nothing_behind(start_gateway, sockets):
    gateway = start_gateway({"hub.sockets": sockets})
    assert http.get(f"{gateway.base_url}/metrics").status_code == 200
    before, memory = descriptors(gateway.process), resident(gateway.process)
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(gateway.port), "400"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout.readline() == "holding\n"
            until(lambda: sessions(gateway) == 400, 20, lambda: f"{sessions(gateway)} of 400 readers are there")
            gateway.publish("held", "x")
        finally:
            process.kill()
            process.communicate()
        gateway.publish("held", "y")
        until(lambda: is_as_it_was(gateway, before), 20, lambda: f"{before} descriptors became {descriptors(gateway.process)}")
    assert resident(gateway.process) - memory < 20_000
