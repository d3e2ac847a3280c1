"""Readers of an application with sessions in a cookie: the gateway asks the application, and closes when it does not answer."""

import json
import threading
import time

import httpx
import pytest
from application import Application
from client import http
from gateway import until
from httpx_sse import EventSource
from tokens import API_KEY, bearer
from websockets.sync.client import connect

SECONDS = 15
APP = "https://app.example.com"


@pytest.fixture
def application():
    with Application() as application:
        yield application


@pytest.fixture
def settings(application):
    return {
        "auth.callback.url": application.url, "auth.callback.cache": "10s", "auth.callback.timeout": "10s",
        "auth.api_keys": API_KEY, "namespaces.default.subscribe": "callback", "namespaces.default.publish": "callback",
        "origins": APP}


@pytest.fixture
def gateway(start_gateway, settings):
    return start_gateway(settings)


def session(name, **others):
    return {"Cookie": f"csrf=x; session={name}"} | others


def test_who_is_logged_in_has_what_the_application_says_and_no_more(gateway, application):
    assert http.post(gateway.url("ann:1"), content=b"x", headers=session("s1")).status_code == 200
    assert http.get(gateway.url("ann:1"), headers=session("s1")).json()["top"] == 1
    for headers, status in [(session("s2"), 403), (session("s9"), (401, 403)), ({}, 401)]:
        answer = http.get(gateway.url("ann:1"), headers=headers)
        assert answer.status_code in (status if isinstance(status, tuple) else (status,)), answer.text
    assert {"action": "publish", "channel": "ann:1", "address": "127.0.0.1"} in application.asked


@pytest.mark.parametrize("target", ["channels/{}", "events?channel={}", "events?channel={}&form=frames"])
def test_streams_open_with_the_readers_cookie(gateway, target):
    url = f"{gateway.base_url}/v1/{target.format('ann:1')}"
    with http.stream("GET", url, headers=session("s1", Accept="text/event-stream")) as response:
        assert response.status_code == 200
        assert next(event for event in EventSource(response).iter_sse() if event.data)
    assert http.get(url, headers=session("s2", Accept="text/event-stream")).status_code == 403


def test_a_websocket_asks_about_each_channel(gateway):
    with connect(f"ws://127.0.0.1:{gateway.port}/v1/ws", additional_headers=session("s1")) as socket:
        assert json.loads(socket.recv(timeout=SECONDS))["type"] == "open"
        for number, channel in enumerate(["ann:1", "bob:1", "ann:2"]):
            socket.send(json.dumps({"type": "subscribe", "id": number, "channel": channel}))
        found = [json.loads(socket.recv(timeout=SECONDS)) for _ in range(3)]
    assert {frame["id"]: frame["type"] for frame in found} == {0: "subscribed", 1: "error", 2: "subscribed"}


def test_a_subscription_that_is_taken_back_while_the_application_thinks_is_none(gateway, application):
    asked, may_answer = threading.Event(), threading.Event()

    def wait(cookie, question):
        asked.set()
        may_answer.wait(SECONDS)
        return 200, {}

    application.answer = wait
    with connect(f"ws://127.0.0.1:{gateway.port}/v1/ws", additional_headers=session("s1")) as socket:
        assert json.loads(socket.recv(timeout=SECONDS))["type"] == "open"
        socket.send(json.dumps({"type": "subscribe", "id": 1, "channel": "ann:1"}))
        assert asked.wait(SECONDS)
        socket.send(json.dumps({"type": "unsubscribe", "id": 2, "channel": "ann:1"}))
        assert json.loads(socket.recv(timeout=SECONDS))["type"] == "unsubscribed"
        may_answer.set()
        socket.send(json.dumps({"type": "ping", "id": 3}))
        assert json.loads(socket.recv(timeout=SECONDS)) == {"type": "pong", "id": 3}


class Crowd:
    """An application that lets everybody in after a moment; `most`: questions that were under way at once."""

    def __init__(self):
        self.lock, self.now, self.most = threading.Lock(), 0, 0

    def __call__(self, cookie, question):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.05)
        with self.lock:
            self.now -= 1
        return 200, {}


def test_a_connection_has_sixteen_questions_under_way_however_many_it_takes_back(gateway, application):
    application.answer = crowd = Crowd()
    with connect(f"ws://127.0.0.1:{gateway.port}/v1/ws", additional_headers=session("s1")) as socket:
        assert json.loads(socket.recv(timeout=SECONDS))["type"] == "open"
        for number in range(60):
            for kind in ("subscribe", "unsubscribe"):
                socket.send(json.dumps({"type": kind, "channel": f"ann:{number}"}))
        socket.send(json.dumps({"type": "ping"}))
        found = list(iter(lambda: json.loads(socket.recv(timeout=SECONDS))["type"], "pong"))
    assert found.count("unsubscribed") == 60
    until(lambda: len(application.asked) == 60, SECONDS, "not all of them are asked")
    assert 1 < crowd.most <= 16


@pytest.mark.parametrize("target", ["events?{}", "events?{}&form=frames"])
def test_a_stream_of_many_channels_asks_about_sixteen_at_once(gateway, application, target):
    application.answer = crowd = Crowd()
    query = "&".join(f"channel=ann:{number}" for number in range(60))
    with http.stream("GET", f"{gateway.base_url}/v1/{target.format(query)}", headers=session("s1", Accept="text/event-stream")) as response:
        assert response.status_code == 200
    assert len(application.asked) == 60
    assert 1 < crowd.most <= 16


@pytest.mark.parametrize("status", [500, 502, 404, 301, 302, 307])
def test_what_is_no_clear_yes_is_a_no(gateway, application, status):
    application.fail(status)
    answer = http.get(gateway.url("ann:1"), headers=session("s1"))
    assert (answer.status_code, answer.json()["code"]) == (503, "access_unavailable")
    assert answer.headers["retry-after"]
    assert {"redirected": "/yes"} not in application.asked


def test_an_application_that_takes_too_long_or_is_gone_lets_nobody_in(start_gateway, settings, application):
    application.sleep(2)
    hasty = start_gateway(settings | {"auth.callback.timeout": "500ms"})
    assert http.get(hasty.url("ann:1"), headers=session("s1")).json()["code"] == "access_unavailable"
    alone = start_gateway({"auth.callback.url": "http://127.0.0.1:9/may"})
    answer = http.get(alone.url("ann:1"), headers=session("s1"))
    assert (answer.status_code, answer.json()["code"]) == (503, "access_unavailable")
    assert "127.0.0.1:9" not in answer.text


def test_many_who_come_at_once_ask_once(gateway, application):
    def read():
        return httpx.get(gateway.url("ann:1"), headers=session("s1"), timeout=SECONDS).status_code

    found = []
    threads = [threading.Thread(target=lambda: found.append(read())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 20
    assert len(application.asked) == 1


def test_an_api_key_is_asked_about_nowhere(gateway, application):
    assert http.post(gateway.url("ann:1"), content=b"x", headers=bearer(API_KEY)).status_code == 200
    assert application.asked == []


@pytest.mark.parametrize(("headers", "status"), [
    ({"Origin": "https://evil.example"}, 403), ({"Origin": APP}, 200), ({"Sec-Fetch-Site": "same-origin"}, 200),
    ({"Sec-Fetch-Site": "cross-site"}, 401), ({"Sec-Fetch-Site": "same-site"}, 401)])
def test_a_cookie_speaks_for_its_reader_only_on_pages_that_may_use_it(gateway, application, headers, status):
    answer = http.get(gateway.url("ann:1"), headers=session("s1", **headers))
    assert answer.status_code == status, answer.text
    if status == 403:
        assert application.asked == [], "a page that may not ask has asked"


def test_where_pages_of_all_origins_may_come_their_cookies_do_not_count(start_gateway, application):
    gateway = start_gateway({"auth.callback.url": application.url, "origins": "*"})
    answer = http.get(gateway.url("ann:1"), headers=session("s1", Origin="https://evil.example"))
    assert answer.status_code == 401
    assert "access-control-allow-credentials" not in answer.headers
