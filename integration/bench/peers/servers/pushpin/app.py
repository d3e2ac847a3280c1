"""The application behind Pushpin: it says once for each reader which channel that is to be held on, and publishes what is
posted to it over ZeroMQ: Pushpin's own HTTP endpoint closes the connection after each publication.
"""

import asyncio
import json
import sys

import zmq

KEEP_ALIVE = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n"


def events(channel):
    """A WebSocket is accepted and subscribed, in the framing of WebSocket over HTTP."""
    control = "c:" + json.dumps({"type": "subscribe", "channel": channel})
    body = f"OPEN\r\nTEXT {len(control):x}\r\n{control}\r\n"
    return (f"{KEEP_ALIVE}Content-Type: application/websocket-events\r\nSec-WebSocket-Extensions: grip\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}")


def stream(channel):
    return (f"{KEEP_ALIVE}Content-Type: text/event-stream\r\nGrip-Hold: stream\r\nGrip-Channel: {channel}\r\n"
            "Content-Length: 0\r\n\r\n")


def publish(channel, text):
    formats = {"ws-message": {"content": text}, "http-stream": {"content": f"data: {text}\n\n"}}
    pushpin.send(b"J" + json.dumps({"channel": channel, "formats": formats}).encode())
    return KEEP_ALIVE + "Content-Length: 2\r\n\r\nok"


def answer(method, path, body):
    if path.startswith("/publish/"):
        return publish(path.removeprefix("/publish/"), body.decode())
    return events(path[1:]) if method == "POST" else stream(path[1:])


async def serve(reader, writer):
    while head := await reader.readuntil(b"\r\n\r\n"):
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        body = await reader.readexactly(int(fields.get("content-length", 0)))
        writer.write(answer(method, path, body).encode())
        await writer.drain()


async def connected(reader, writer):
    try:
        await serve(reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main(port):
    server = await asyncio.start_server(connected, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


pushpin = zmq.Context().socket(zmq.PUSH)
pushpin.sndhwm = 0  # what is published is never dropped here
pushpin.connect(sys.argv[2])
asyncio.run(main(int(sys.argv[1])))
