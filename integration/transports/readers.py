"""Readers by two transports with one face, so that a promise about both is one test."""

import json
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from client import http
from httpx_sse import EventSource
from websockets.sync.client import connect

SECONDS = 15


@dataclass
class Item:
    """What a reader is told: `open`, `message`, `gap` or `end`, and its fields."""

    kind: str
    fields: dict

    def __getitem__(self, name):
        return self.fields[name]


def _of_event(event):
    own = {"stream-open": "open", "stream-gap": "gap", "stream-end": "end"}
    if event.event in own:
        return Item(own[event.event], json.loads(event.data) | {"id": event.id})
    epoch, offset = event.id.rsplit(":", 1)
    return Item("message", {"epoch": epoch, "offset": int(offset), "event": event.event, "data": event.data, "id": event.id})


@contextmanager
def follow_sse(gateway, channel, last_event_id=None, query=None):
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_event_id} if last_event_id else {})
    with http.stream("GET", gateway.url(channel), headers=headers, params=query) as response:
        assert response.status_code == 200
        # A block of nothing but `retry:` comes out as an event without data.
        yield (_of_event(event) for event in EventSource(response).iter_sse() if event.data or event.id)


def _of_message(text):
    fields = json.loads(text)
    kind = fields.pop("type")
    if kind == "subscribed":
        return Item("open", fields | {"id": fields["position"]})
    return Item(kind, fields | ({"id": f"{fields['epoch']}:{fields['offset']}"} if kind == "message" else {}))


@contextmanager
def follow_websocket(gateway, channel, last_event_id=None, query=None):
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    url = httpx.URL(f"ws://127.0.0.1:{gateway.port}/v1/ws", params={"channel": channel} | (query or {}))
    with connect(str(url), additional_headers=headers, open_timeout=SECONDS, close_timeout=SECONDS) as socket:
        assert _of_message(socket.recv(timeout=SECONDS)).kind == "open"
        yield (_of_message(text) for text in iter(lambda: socket.recv(timeout=SECONDS), None))


FOLLOW = {"sse": follow_sse, "websocket": follow_websocket}


def take(items, count):
    return [next(items) for _ in range(count)]


def data_of(items):
    return [item["data"] for item in items]
