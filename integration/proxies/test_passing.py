"""What a gateway promises is kept through nginx, HAProxy and Caddy, configured as deploy/ says."""

import json
import subprocess
import threading
import time
from contextlib import ExitStack

import pytest
from client import http
from follows import readers
from gateway import until
from raw import Connection
from transports.readers import FOLLOW, data_of, take
from websockets.sync.client import connect

# A proxy that buffered would hold an event until the next sign of life, 15 s later.
PROMPT_SECONDS = 5


def publish(front, channel, text, **query):
    answer = http.post(front.url(channel), content=text.encode(), params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(params=list(FOLLOW))
def follow(request):
    return FOLLOW[request.param]


def test_events_arrive_one_by_one(front, channel, follow):
    with follow(front, channel) as items:
        assert next(items).kind == "open"
        for number in range(20):
            begun = time.monotonic()
            publish(front, channel, f"event {number}")
            assert next(items)["data"] == f"event {number}"
            assert time.monotonic() - begun < PROMPT_SECONDS


def test_backlog_then_live_then_back_where_it_was(front, channel, follow):
    publish(front, channel, "one")
    publish(front, channel, "two")
    with follow(front, channel) as items:
        assert [item.kind for item in take(items, 3)] == ["open", "message", "message"]
        publish(front, channel, "three")
        last = next(items)
        assert last["data"] == "three"
    publish(front, channel, "four")
    with follow(front, channel, last_event_id=last["id"]) as items:
        opening = next(items)
        assert (opening["id"], opening["complete"]) == (last["id"], True)
        assert next(items)["data"] == "four"


def test_a_large_message_passes_whole(front, channel, follow):
    text = "x" * 60_000
    publish(front, channel, text)
    with follow(front, channel) as items:
        assert data_of(take(items, 2)[1:]) == [text]


def test_a_websocket_passes_both_ways(front, channel):
    with connect(f"ws://127.0.0.1:{front.port}/v1/ws", subprotocols=["telltale.v1"], open_timeout=15) as socket:
        assert socket.subprotocol == "telltale.v1"
        assert json.loads(socket.recv(timeout=15))["type"] == "open"
        socket.send(json.dumps({"type": "subscribe", "id": 1, "channel": channel}))
        assert json.loads(socket.recv(timeout=15))["type"] == "subscribed"
        socket.send(json.dumps({"type": "publish", "id": 2, "channel": channel, "data": "hello"}))
        answers = {found["type"]: found for found in (json.loads(socket.recv(timeout=15)) for _ in range(2))}
        assert (answers["published"]["id"], answers["message"]["data"]) == (2, "hello")
        assert socket.ping().wait(15)


def test_a_long_poll_waits_and_is_answered_at_once(front, channel):
    since = publish(front, channel, "before")
    position = f"{since['epoch']}:{since['offset']}"
    timer = threading.Timer(1, publish, (front, channel, "now"))
    timer.start()
    begun = time.monotonic()
    answer = http.get(front.url(channel), params={"since": position, "wait": 14}).json()
    timer.join()
    assert [message["data"] for message in answer["messages"]] == ["now"]
    assert 0.5 < time.monotonic() - begun < 1 + PROMPT_SECONDS


def test_text_follows_line_by_line(front, channel):
    publish(front, channel, "one")
    with subprocess.Popen(["curl", "-sN", f"{front.url(channel)}?follow=1"], stdout=subprocess.PIPE, text=True) as curl:
        assert curl.stdout.readline() == "one\n"
        publish(front, channel, "two")
        assert curl.stdout.readline() == "two\n"
        curl.kill()


def test_lines_are_published_as_they_are_uploaded(front, channel, follow):
    curl = subprocess.Popen(
        ["curl", "-sS", "-T", "-", f"{front.url(channel)}?lines=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with curl, follow(front, channel) as items:
        next(items)
        for number in range(5):
            print(f"line {number}", file=curl.stdin, flush=True)
            assert next(items)["data"] == f"line {number}"
        curl.stdin.close()
        assert json.loads(curl.stdout.read())["published"] == 5


def test_as_large_headers_pass_as_the_gateway_takes(front, channel):
    publish(front, channel, "one")
    cookies = {"Cookie": f"session={'x' * 7000}", "X-Trace": "y" * 5000}
    assert http.get(front.url(channel), headers=cookies).status_code == 200
    assert 400 <= http.get(front.url(channel), headers={"X-Large": "z" * 60_000}).status_code < 500


def test_a_reader_who_has_all_of_a_closed_channel_gets_204(front, channel):
    last = publish(front, channel, "the end", close=1)
    headers = {"Accept": "text/event-stream", "Last-Event-ID": f"{last['epoch']}:{last['offset']}"}
    assert http.get(front.url(channel), headers=headers).status_code == 204


def test_problems_come_as_the_gateway_words_them(front):
    answer = http.get(front.url("no%20name"))
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["code"]


def test_streams_may_not_be_kept_or_changed_on_the_way(front, channel):
    with Connection(front) as connection:
        connection.request("GET", f"/v1/channels/{channel}", "Accept: text/event-stream")
        headers = connection.answer(has_body=False).headers
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["cache-control"] == "no-store, no-transform"
    assert "content-encoding" not in headers


def test_both_gateways_are_used_and_see_their_readers_leave(shared_site, channel, follow):
    def shares():
        return [readers(gateway, channel) for gateway in shared_site.gateways]

    publish(shared_site.front, channel, "one")
    with ExitStack() as streams:
        items = [streams.enter_context(follow(shared_site.front, channel)) for _ in range(6)]
        for each in items:
            next(each)
        until(lambda: sum(shares()) == 6, 10, lambda: f"of 6 readers the gateways have {shares()}")
        assert min(shares()) > 0
    until(lambda: sum(shares()) == 0, 10, lambda: f"of readers that left the gateways have {shares()}")


@pytest.mark.parametrize("target", [
    "/metrics", "/metrics?x=1", "//metrics", "/metrics/", "/%6Detrics", "/./metrics", "/x/../metrics", "/v1/..//metrics", "/metrics%3Fx"])
def test_what_the_gateway_counts_is_not_for_the_world(shared_site, target):
    with Connection(shared_site.front) as connection:
        answer = connection.request("GET", target).answer()
    assert answer.status in (400, 403, 404) and b"telltale_" not in answer.body
    if target == "/metrics":
        assert answer.status == 403
        assert "telltale_" in http.get(f"{shared_site.gateways[0].base_url}/metrics").text
