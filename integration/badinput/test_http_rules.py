"""What HTTP asks of every server: methods, hosts, HEAD, and headers that all answers have."""

import json

import pytest
from client import http
from process import metric
from raw import TEXT, Connection, WebSocketConnection, frame

CHANNEL = "/v1/channels/a"


@pytest.mark.parametrize("method, path, allowed", [
    ("PATCH", CHANNEL, {"GET", "HEAD", "POST", "PUT", "DELETE"}), ("PROPFIND", CHANNEL + "/b", {"GET", "HEAD", "POST", "PUT", "DELETE"}),
    ("OPTIONS", CHANNEL, {"GET", "HEAD", "POST", "PUT", "DELETE"}), ("PUT", "/v1/channels", {"GET", "HEAD", "POST", "DELETE"}),
    ("GET", "/v1/publish", {"POST"}), ("POST", "/v1/events", {"GET"}), ("POST", "/v1/ws?channel=a", {"GET"}),
    ("DELETE", "/healthz", {"GET", "HEAD"}), ("POST", "/", {"GET", "HEAD"}), ("POST", "/readyz/", {"GET", "HEAD"}),
])
def test_a_method_that_a_path_does_not_have_gets_405_and_the_methods_that_it_has(gateway, method, path, allowed):
    with Connection(gateway) as connection:
        answer = connection.request(method, path, body=b"x" if method == "POST" else None).answer()
        assert (answer.status, answer.code) == (405, "method_not_allowed")
        assert set(answer.headers["allow"].split(", ")) == allowed
        assert connection.request("GET", "/healthz").answer().status == 200


@pytest.mark.parametrize("path", ["/v1", "/v1/channel", "/nothing", "/healthz/x", "/v1/channelsx"])
def test_a_path_that_there_is_not_gets_404_whatever_the_method(gateway, path):
    for method in ("GET", "POST", "LOCK"):
        with Connection(gateway) as connection:
            answer = connection.request(method, path).answer()
            assert (answer.status, answer.code) == (404, "not_found")
            assert "allow" not in answer.headers


@pytest.mark.parametrize("hosts", [b"", b"Host: a\r\nHost: b\r\n"], ids=["none", "two"])
@pytest.mark.parametrize("request_line, rest", [
    (b"GET /healthz HTTP/1.1", b""), (b"POST /v1/channels/hostless HTTP/1.1", b"Content-Length: 1\r\n\r\nx"),
    (b"GET /v1/channels/a HTTP/1.1", b"Accept: text/event-stream\r\n"),
], ids=["get", "post", "stream"])
def test_a_request_without_exactly_one_host_gets_400_and_the_end_of_the_connection(gateway, hosts, request_line, rest):
    with Connection(gateway) as connection:
        connection.try_send(request_line + b"\r\n" + hosts + rest + (b"" if rest.endswith(b"x") else b"\r\n"))
        answer = connection.answer()
        assert (answer.status, answer.code) == (400, "invalid_host")
        assert connection.is_ended()
    assert http.get(gateway.url("hostless")).json()["top"] == 0


def test_a_hostless_request_behind_a_proper_one_is_refused_after_that_was_answered(gateway):
    with Connection(gateway) as connection:
        connection.request("GET", "/healthz", behind=b"GET /healthz HTTP/1.1\r\n\r\n")
        assert connection.answer().status == 200
        assert connection.answer().code == "invalid_host"
        assert connection.is_ended()


def test_http_1_0_needs_no_host(gateway):
    with Connection(gateway) as connection:
        connection.send(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert connection.answer().body == b"ok\n"


@pytest.mark.parametrize("path, accept", [
    (CHANNEL, "text/plain"), (CHANNEL, "application/json"), ("/v1/channels", "*/*"), ("/", "*/*"), ("/nothing", "*/*")])
def test_head_says_what_get_says_without_a_body(gateway, path, accept):
    gateway.publish("a", "some text")
    with Connection(gateway) as connection:
        head = connection.request("HEAD", path, f"Accept: {accept}").answer(has_body=False)
        get = connection.request("GET", path, f"Accept: {accept}").answer()
        assert head.status == get.status
        assert head.headers["content-type"] == get.headers["content-type"]
        # A length that is not known beforehand is not made up.
        assert head.headers.get("content-length") == get.headers.get("content-length")
        assert connection.request("GET", "/healthz").answer().body == b"ok\n"


@pytest.mark.parametrize("method, path, header", [
    ("GET", "/", ""), ("GET", "/healthz", ""), ("GET", CHANNEL, "Accept: application/json"), ("GET", CHANNEL, "Accept: text/plain"),
    ("GET", CHANNEL + "?follow=1", "Accept: text/plain"), ("GET", CHANNEL, "Accept: text/event-stream"), ("POST", CHANNEL, ""),
    ("POST", "/v1/publish", ""), ("DELETE", "/v1/channels/none", ""), ("LOCK", CHANNEL, ""), ("GET", "/v1/events", ""),
    ("GET", "/v1/ws", ""), ("DELETE", CHANNEL, ""),
])
def test_every_answer_forbids_to_guess_its_type(gateway, method, path, header):
    with Connection(gateway) as connection:
        body = b"{}" if method == "POST" else None
        answer = connection.request(method, path, *([header] if header else []), body=body).answer(has_body=False)
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_answer_to_what_is_no_http_forbids_it_too(gateway):
    with Connection(gateway) as connection:
        connection.try_send(b"garbage\r\n\r\n")
        assert connection.answer().headers["x-content-type-options"] == "nosniff"


def test_no_content_has_no_length(gateway):
    gateway.publish("short-lived", "x")
    with Connection(gateway) as connection:
        answer = connection.request("DELETE", "/v1/channels/short-lived").answer()
        assert answer.status == 204
        assert "content-length" not in answer.headers and "transfer-encoding" not in answer.headers
        assert connection.request("GET", "/healthz").answer().status == 200


def test_publications_over_websocket_are_counted_like_the_others(gateway, channel):
    before = metric(http, gateway, "published_total")
    gateway.publish(channel, "one")
    with WebSocketConnection(gateway) as socket:
        assert socket.message()["type"] == "open"
        for number, fence in enumerate([2, 2, 1]):
            socket.send(frame(TEXT, json.dumps(
                {"type": "publish", "id": number, "channel": channel, "data": "x", "fence": fence}).encode()))
        assert [socket.message()["type"] for _ in range(3)] == ["published", "published", "error"]
    assert metric(http, gateway, "published_total") - before == 3
