"""Streams end with the token that opened them, and a link with what it leads to."""

import json
import time

import pytest
from client import PooledGateway, http
from httpx_sse import EventSource
from raw import Connection
from tokens import API_KEY, PROTECTED, all_of, bearer, mint


@pytest.fixture(scope="module", params=["epoll", "nio"])
def gateway(request, tmp_path_factory):
    settings = PROTECTED | {"auth.leeway": "0s", "hub.sockets": request.param}
    gateway = PooledGateway(tmp_path_factory.mktemp("streams") / "gateway.log", settings).start()
    yield gateway
    gateway.stop()


def publish(gateway, channel, text, **query):
    answer = http.post(gateway.url(channel), params=query, content=text.encode(), headers=bearer(API_KEY))
    assert answer.status_code == 200, answer.text


def stream(gateway, target, token, accept="text/event-stream"):
    return http.stream("GET", f"{gateway.base_url}/v1/{target}", headers=bearer(token) | {"Accept": accept})


@pytest.mark.parametrize("target", ["channels/{0}", "events?channel={0}", "tasks/{0}"])
def test_an_event_stream_says_that_its_token_has_expired_and_ends(gateway, channel, target):
    name = channel if "tasks" not in target else channel.replace(":", ".")
    token = mint(seconds=2, subscribe=["*"])
    publish(gateway, channel, "before")
    began = time.monotonic()
    with stream(gateway, target.format(name), token) as response:
        events = [event for event in EventSource(response).iter_sse() if event.event != "message" or event.data]
    assert events[-1].event == "stream-error"
    assert json.loads(events[-1].data)["code"] == "token_expired"
    assert 1 < time.monotonic() - began < 6


def test_frames_say_so_too(gateway, channel):
    with stream(gateway, f"events?channel={channel}&form=frames", mint(seconds=2, subscribe=["*"])) as response:
        frames = [json.loads(event.data) for event in EventSource(response).iter_sse() if event.data]
    assert (frames[-1]["type"], frames[-1]["code"]) == ("error", "token_expired")


def test_a_text_that_goes_on_ends_with_its_token(gateway, channel):
    publish(gateway, channel, "before")
    with stream(gateway, f"channels/{channel}?follow=1", mint(seconds=2, subscribe=["*"]), "text/plain") as response:
        assert list(response.iter_lines()) == ["before", "[telltale: The access token has expired: come back with another.]"]


@pytest.mark.parametrize(("target", "accept"), [
    ("channels/{0}", "text/event-stream"), ("events?channel={0}&form=frames", "text/event-stream"),
    ("channels/{0}?follow=1", "text/plain")])
def test_a_stream_that_ends_with_its_token_counts_as_refused_once(gateway, channel, target, accept):
    def counted():
        text = http.get(f"{gateway.base_url}/metrics", headers=bearer(API_KEY)).text
        return sum(float(line.split()[1]) for line in text.splitlines() if line.startswith('telltale_refused_total{code="token_expired"}'))

    before = counted()
    with stream(gateway, target.format(channel), mint(seconds=1, subscribe=["*"]), accept) as response:
        response.read()
    assert counted() == before + 1


@pytest.mark.parametrize("target", ["channels/{}?wait=60&since=latest", "tasks/{}?wait=60"])
def test_a_long_poll_does_not_outlive_its_token(gateway, channel, target):
    name = channel
    if "tasks" in target:
        name = channel.replace(":", ".")
        http.post(f"{gateway.base_url}/v1/tasks", json={"id": name}, headers=bearer(API_KEY))
    began = time.monotonic()
    answer = http.get(f"{gateway.base_url}/v1/{target.format(name)}", headers=bearer(mint(seconds=2, subscribe=["*"])))
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
    assert time.monotonic() - began < 6


@pytest.mark.parametrize("target", ["channels/{0}", "tasks/{1}/log"])
def test_lines_that_come_after_the_token_has_expired_are_refused(gateway, channel, target):
    task, key = channel.replace(":", "."), bearer(API_KEY)
    http.post(f"{gateway.base_url}/v1/tasks", json={"id": task}, headers=key)
    http.patch(f"{gateway.base_url}/v1/tasks/{task}", json={"state": "started"}, headers=key)
    url = f"{gateway.base_url}/v1/{target.format(channel, task)}"
    began = time.monotonic()

    def lines():
        yield b"in time\n"
        while time.monotonic() - began < 2.5:
            time.sleep(0.1)
        yield b"too late\n"

    answer = http.post(url, params={"lines": 1}, content=lines(), headers=bearer(mint(seconds=2, publish=["*"])))
    assert (answer.status_code, answer.json()["code"], answer.json()["published"]) == (401, "token_expired", 1)
    name = channel if "tasks" not in target else f"task:{task}"
    found = http.get(gateway.url(name), headers=key).json()["messages"]
    assert [message["data"] for message in found if message["event"] != "state"] == ["in time"]


@pytest.mark.parametrize("length", ["Content-Length: 2", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize(("method", "target"), [("POST", "channels/{0}"), ("PUT", "channels/{0}"), ("PATCH", "tasks/{1}"), ("POST", "tasks/{1}/log")])
def test_a_body_that_drips_does_not_outlive_its_token(gateway, channel, method, target, length):
    task = channel.replace(":", ".")
    key = bearer(API_KEY)
    assert http.post(f"{gateway.base_url}/v1/tasks", json={"id": task}, headers=key).status_code == 202
    parts = (b"1\r\n{\r\n", b"1\r\n}\r\n0\r\n\r\n") if "chunked" in length else (b"{", b"}")
    token = mint(seconds=1.5, publish=["*"])
    with Connection(gateway) as sender:
        sender.request(method, f"/v1/{target.format(channel, task)}", length, f"Authorization: Bearer {token}")
        sender.send(parts[0])
        time.sleep(2)
        sender.send(parts[1])
        answer = sender.answer()
    assert (answer.status, answer.code) == (401, "token_expired")
    assert http.get(gateway.url(channel), headers=key).json()["top"] == 0
    assert http.get(gateway.url(f"task:{task}"), headers=key).json()["top"] == 1


def link(channel, seconds=60):
    return mint(seconds=seconds, link=channel)


def test_a_link_reads_its_channel_and_does_nothing_else(gateway, channel):
    publish(gateway, channel, "x")
    token = link(channel)
    assert http.get(gateway.url(channel), params={"token": token}).json()["top"] == 1
    for method, target in [
            ("POST", f"channels/{channel}"), ("DELETE", f"channels/{channel}"), ("GET", f"channels/{channel}0"),
            ("GET", f"channels/{channel}:control"), ("POST", "tasks/1/cancel"), ("PATCH", "tasks/1")]:
        answer = http.request(method, f"{gateway.base_url}/v1/{target}", params={"token": token}, content=b"{}" if method != "GET" else None)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (method, target)


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "text/plain"])
def test_a_link_is_revoked_when_its_channel_is_closed(gateway, channel, accept):
    publish(gateway, channel, "the end", close=1)
    answer = http.get(gateway.url(channel), params={"token": link(channel)}, headers={"Accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (401, "link_revoked")
    assert http.get(gateway.url(channel), headers=bearer(mint(subscribe=[channel]))).status_code == 200


def test_a_link_to_a_task_ends_with_the_task(gateway, channel):
    task = channel.replace(":", ".")
    tasks = f"{gateway.base_url}/v1/tasks"
    key = bearer(API_KEY)
    assert http.post(tasks, json={"id": task}, headers=key).status_code == 202
    http.patch(f"{tasks}/{task}", json={"state": "started"}, headers=key)
    token = link(f"task:{task}")
    with http.stream("GET", f"{tasks}/{task}", params={"token": token}, headers={"Accept": "text/event-stream"}) as response:
        events = (event for event in EventSource(response).iter_sse() if event.data)
        assert next(events).event == "task"
        http.patch(f"{tasks}/{task}", json={"state": "finished"}, headers=key)
        assert [event.event for event in events][-1] == "stream-end"
    assert http.get(f"{tasks}/{task}", params={"token": token}).json()["code"] == "link_revoked"
    # A new attempt opens the channel again, and the link with it.
    http.post(tasks, json={"id": task, "attempt": 2}, headers=key)
    assert http.get(f"{tasks}/{task}", params={"token": token}).status_code == 200


def test_who_closes_while_somebody_is_asked_leaves_nothing_behind(gateway, channel):
    """A connection that is gone before the answer is no stream, and the gateway is well."""
    for _ in range(20):
        with Connection(gateway) as connection:
            connection.request("GET", f"/v1/channels/{channel}?token={link(channel)}", "Accept: text/event-stream")
    with stream(gateway, f"channels/{channel}", all_of(channel)) as response:
        assert response.status_code == 200
