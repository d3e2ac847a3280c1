"""permessage-deflate (RFC 7692): messages compressed by themselves, both ways."""

import json
import os
import subprocess
import zlib

import pytest
from client import http
from process import resident
from raw import CLOSE, PING, PONG, TEXT, Connection, WebSocketConnection, frame
from websockets.sync.client import connect

TEXT_OF_4_KB = "".join(f"{number}: compiling Sources/Gateway/Hub.swift; " for number in range(100))
NO_CONTEXT = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


def inflated(payload):
    """A message by itself: it refers to none before."""
    return zlib.decompressobj(-15).decompress(payload + b"\0\0\xff\xff")


def deflated(payload):
    """A message as a client sends it: without the end of its last block."""
    deflate = zlib.compressobj(wbits=-15)
    return (deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]


class DeflateConnection(WebSocketConnection):
    """A WebSocket by hand that has agreed upon compression."""

    def __init__(self, gateway, target="/v1/ws", offer="permessage-deflate", **options):
        Connection.__init__(self, gateway, **options)
        self.request(
            "GET", target, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", f"Sec-WebSocket-Extensions: {offer}")
        self.accepted = self.answer(has_body=False).headers.get("sec-websocket-extensions")

    def frame(self):
        """The next frame: its first byte whole, and the payload."""
        head = self.file.read(2)
        length = head[1]
        if length >= 126:
            length = int.from_bytes(self.file.read(2 if length == 126 else 8), "big")
        return head[0], self.file.read(length)

    def message(self):
        first, payload = self.frame()
        assert first in (0x81, 0xC1)
        return json.loads(inflated(payload) if first == 0xC1 else payload)


def test_what_is_large_is_compressed_and_what_is_small_is_not(gateway, channel):
    with DeflateConnection(gateway, f"/v1/ws?channel={channel}") as socket:
        assert socket.accepted == NO_CONTEXT
        assert [socket.message()["type"] for _ in range(2)] == ["open", "subscribed"]
        for text in (TEXT_OF_4_KB, "small", TEXT_OF_4_KB):
            gateway.publish(channel, text)
            first, payload = socket.frame()
            assert first == (0xC1 if text == TEXT_OF_4_KB else 0x81)
            if first == 0xC1:
                assert len(payload) < len(text) / 4
                payload = inflated(payload)
            assert json.loads(payload)["data"] == text
        socket.send(frame(PING, b"p" * 125))
        assert socket.frame() == (0x80 | PONG, b"p" * 125)


@pytest.mark.parametrize("offer, accepted", [
    ("permessage-deflate; client_max_window_bits", NO_CONTEXT),
    ("permessage-deflate; server_max_window_bits=9", f"{NO_CONTEXT}; server_max_window_bits=9"),
    ("permessage-deflate; nonsense", None),
    ("permessage-deflate; server_max_window_bits=99, permessage-deflate", NO_CONTEXT),
    ("x-webkit-deflate-frame", None),
    (";;;", None),
])
def test_an_offer_is_accepted_or_declined_and_never_fatal(gateway, channel, offer, accepted):
    with DeflateConnection(gateway, f"/v1/ws?channel={channel}", offer) as socket:
        assert socket.accepted == accepted
        assert [socket.message()["type"] for _ in range(2)] == ["open", "subscribed"]
        gateway.publish(channel, TEXT_OF_4_KB)
        assert socket.message()["data"] == TEXT_OF_4_KB


def test_a_client_publishes_compressed_in_pieces(gateway, channel):
    order = json.dumps({"type": "publish", "id": 1, "channel": channel, "data": TEXT_OF_4_KB}).encode()
    payload = deflated(order)
    with DeflateConnection(gateway) as socket:
        assert socket.message()["type"] == "open"
        socket.send(frame(TEXT, payload[:10], fin=False, reserved=4) + frame(PING, b"between"))
        assert socket.frame() == (0x80 | PONG, b"between")
        socket.send(frame(0, payload[10:]))
        assert socket.message() | {"epoch": ""} == {
            "type": "published", "id": 1, "channel": channel, "epoch": "", "offset": 1}
    assert http.get(gateway.url(channel)).json()["messages"][0]["data"] == TEXT_OF_4_KB


@pytest.mark.parametrize("sent, code", [
    (frame(TEXT, b"\xff\xff", reserved=4), 1007),
    (frame(TEXT, deflated(b"\xed\xa0\x80"), reserved=4), 1007),
    (frame(PING, b"", reserved=4), 1002),
    (frame(TEXT, deflated(b"{"), fin=False, reserved=4) + frame(0, b"", reserved=4), 1002),
    (frame(TEXT, deflated(b"{}"), reserved=2), 1002),
])
def test_what_is_wrong_ends_the_connection_with_its_code(gateway, sent, code):
    with DeflateConnection(gateway) as socket:
        assert socket.message()["type"] == "open"
        socket.send(sent)
        first, payload = socket.frame()
        assert (first & 0xF, int.from_bytes(payload[:2], "big")) == (CLOSE, code)


def test_without_an_agreement_nothing_compressed_is_taken(gateway):
    with WebSocketConnection(gateway) as socket:
        socket.send(frame(TEXT, deflated(b"{}"), reserved=4))
        assert socket.close_code() == 1002


def test_a_compression_bomb_is_refused_before_it_has_gone_off(gateway):
    """400 MB of zeros in 400 KB, which is less than a message may have on the wire."""
    bomb = deflated(bytes(400 << 20))
    assert len(bomb) < 420_000
    before = resident(gateway.process)
    sockets = [DeflateConnection(gateway) for _ in range(20)]
    for socket in sockets:
        assert socket.message()["type"] == "open"
        socket.try_send(frame(TEXT, bomb, reserved=4))
        first, payload = socket.frame()
        assert (first & 0xF, int.from_bytes(payload[:2], "big")) == (CLOSE, 1009)
    assert resident(gateway.process) - before < 20_000, "KiB"
    for socket in sockets:
        socket.__exit__()


def test_empty_blocks_without_end_are_refused(gateway):
    """They inflate to nothing, and would keep a connection busy for ever."""
    blocks = b"\0\0\0\xff\xff" * 1_000
    with DeflateConnection(gateway) as socket:
        assert socket.message()["type"] == "open"
        socket.send(frame(TEXT, blocks, fin=False, reserved=4))
        # A message of 64 KiB may be six times as long in JSON, and somewhat longer on the wire.
        for _ in range(1_000_000 // len(blocks)):
            socket.try_send(frame(0, blocks, fin=False))
        first, payload = socket.frame()
        assert (first & 0xF, int.from_bytes(payload[:2], "big")) == (CLOSE, 1009)


def test_an_open_connection_keeps_no_stream(gateway, channel):
    """200 connections that have sent and been sent compressed messages, and are idle."""
    sockets = [DeflateConnection(gateway, f"/v1/ws?channel={channel}") for _ in range(200)]
    for socket in sockets:
        assert [socket.message()["type"] for _ in range(2)] == ["open", "subscribed"]
    before = resident(gateway.process)
    # Long enough to fill a window: what of a stream was never written to takes no memory.
    ping = json.dumps({"type": "ping", "id": os.urandom(40).hex()}).encode() + b" " * 60_000
    gateway.publish(channel, TEXT_OF_4_KB)
    for socket in sockets:
        assert socket.message()["data"] == TEXT_OF_4_KB
        socket.send(frame(TEXT, deflated(ping), reserved=4))
        assert socket.message()["type"] == "pong"
    # A deflate stream takes 270 KB and an inflate stream 50 KB: 200 of either would show.
    assert resident(gateway.process) - before < 5_000, "KiB"
    for socket in sockets:
        socket.__exit__()


def test_websockets_reads_and_writes_compressed(gateway, channel):
    with connect(f"ws://127.0.0.1:{gateway.port}/v1/ws?channel={channel}", compression="deflate") as socket:
        assert [extension.name for extension in socket.protocol.extensions] == ["permessage-deflate"]
        for number in range(20):
            text = TEXT_OF_4_KB + str(number)
            socket.send(json.dumps({"type": "publish", "channel": channel, "data": text}))
            while (message := json.loads(socket.recv(timeout=15)))["type"] != "message":
                pass
            assert message["data"] == text


NODE_SCRIPT = """
const WebSocket = require('ws')
const socket = new WebSocket(process.argv[1], {perMessageDeflate: {threshold: 0}})
socket.on('message', text => {
  const message = JSON.parse(text)
  if (message.type === 'subscribed')
    socket.send(JSON.stringify({type: 'publish', channel: message.channel, data: 'from node '.repeat(500)}))
  if (message.type === 'message') {
    console.log(JSON.stringify({extensions: socket.extensions, data: message.data}))
    socket.close(1000)
  }
})
socket.on('close', code => console.log(code))
socket.on('error', error => console.log(String(error)))
"""


def test_node_ws_reads_and_writes_compressed(gateway, channel):
    done = subprocess.run(
        ["node", "-e", NODE_SCRIPT, f"ws://127.0.0.1:{gateway.port}/v1/ws?channel={channel}"],
        env={"NODE_PATH": "/usr/share/nodejs", "PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE, text=True, timeout=30)
    found, code = done.stdout.splitlines()
    assert json.loads(found) == {"extensions": "permessage-deflate", "data": "from node " * 500}
    assert code == "1000"
