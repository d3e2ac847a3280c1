"""Which web pages may use a gateway: its own and those that are listed, whatever they ask for and however."""

import json

import pytest
from client import PooledGateway, http
from raw import Connection
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

LISTED = "https://app.example.com"
FOREIGN = "https://evil.example"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    gateway = PooledGateway(tmp_path_factory.mktemp("origins") / "gateway.log", {"origins": LISTED}).start()
    yield gateway
    gateway.stop()


REQUESTS = [
    ("GET", "/v1/channels/a", {}),
    ("GET", "/v1/channels/a?wait=1", {}),
    ("GET", "/v1/channels/a", {"Accept": "text/event-stream"}),
    ("GET", "/v1/events?channel=a&form=frames", {}),
    ("GET", "/v1/channels/a?follow=1", {"Accept": "text/plain"}),
    ("GET", "/v1/channels", {}),
    ("GET", "/v1/tasks", {}),
    ("POST", "/v1/channels/a", {}),
    ("POST", "/v1/channels/a?lines=1", {}),
    ("PUT", "/v1/channels/a", {}),
    ("DELETE", "/v1/channels/a", {}),
    ("POST", "/v1/publish", {}),
    ("POST", "/v1/tasks", {}),
    ("PATCH", "/v1/tasks/1", {}),
    ("POST", "/v1/tasks/1/cancel", {}),
    ("GET", "/metrics", {}),
    ("POST", "//v1/publish", {}),
    ("POST", "/v1//channels/a", {}),
    ("POST", "http://127.0.0.1/v1/publish", {}),
]


def ask(gateway, method, target, headers, body=None):
    with Connection(gateway) as connection:
        fields = [f"{name}: {value}" for name, value in headers.items()]
        connection.request(method, target, *fields, body=body if body is not None or method == "GET" else b"x")
        answer = connection.answer(has_body=False)
        if answer.headers.get("content-length"):
            answer.body = connection.file.read(int(answer.headers["content-length"]))
        return answer


@pytest.mark.parametrize(("method", "target", "headers"), REQUESTS)
def test_a_page_of_an_origin_that_is_not_listed_gets_nothing(gateway, method, target, headers):
    answer = ask(gateway, method, target, {**headers, "Origin": FOREIGN})
    assert (answer.status, answer.code) == (403, "origin_not_allowed")
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert http.get(gateway.url("a")).json()["top"] == 0


@pytest.mark.parametrize("origin", [
    "null", "https://app.example.com.evil.example", "https://app.example.com:8443", "http://app.example.com", "app.example.com",
    f"{LISTED}, {FOREIGN}", f"{LISTED}/", "https://APP.example.com", "http://127.0.0.1:1", "https://127.0.0.1", ""])
def test_an_origin_that_only_looks_like_a_listed_one_is_another(gateway, origin):
    answer = ask(gateway, "GET", "/v1/channels/a", {"Origin": origin})
    assert (answer.status, answer.code) == (403, "origin_not_allowed")


def test_two_origins_are_none_that_is_listed(gateway):
    with Connection(gateway) as connection:
        connection.request("GET", "/v1/channels/a", f"Origin: {LISTED}", f"Origin: {FOREIGN}")
        assert connection.answer().status == 403


@pytest.mark.parametrize(("method", "target", "headers"), REQUESTS[:7])
def test_a_listed_page_is_answered_with_its_own_origin_and_no_other(gateway, method, target, headers):
    answer = ask(gateway, method, target, {**headers, "Origin": LISTED})
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == LISTED
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["vary"] == "Origin"


def test_a_listed_page_can_read_a_refusal(gateway):
    answer = ask(gateway, "POST", "/v1/channels/a?event=%21", {"Origin": LISTED})
    assert (answer.status, answer.code) == (400, "invalid_event")
    assert answer.headers["access-control-allow-origin"] == LISTED


def test_a_listed_page_publishes(gateway, channel):
    answer = ask(gateway, "POST", f"/v1/channels/{channel}", {"Origin": LISTED})
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, LISTED)


def test_the_gateways_own_page_needs_no_listing_and_no_cors(gateway, channel):
    own = f"http://127.0.0.1:{gateway.port}"
    with Connection(gateway) as connection:
        connection.send(
            f"POST /v1/channels/{channel} HTTP/1.1\r\nHost: 127.0.0.1:{gateway.port}\r\nOrigin: {own}\r\nContent-Length: 1\r\n\r\nx".encode())
        answer = connection.answer()
    assert answer.status == 200
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_cross_site_write_that_hides_its_origin_is_refused(gateway, method):
    target = "/v1/tasks/1" if method == "PATCH" else "/v1/channels/a"
    answer = ask(gateway, method, target, {"Sec-Fetch-Site": "cross-site"})
    assert (answer.status, answer.code) == (403, "origin_not_allowed")


def test_a_preflight_says_what_a_listed_page_may_send(gateway):
    headers = {"Origin": LISTED, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}
    with Connection(gateway) as connection:
        fields = [f"{name}: {value}" for name, value in headers.items()]
        for _ in range(2):
            connection.request("OPTIONS", "/v1/tasks/1", *fields)
            answer = connection.answer()
            assert answer.status == 204
            assert answer.headers["access-control-allow-origin"] == LISTED
            assert answer.headers["access-control-allow-credentials"] == "true"
            assert "PATCH" in answer.headers["access-control-allow-methods"].split(", ")
            assert {"Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"} <= set(
                answer.headers["access-control-allow-headers"].split(", "))
            assert int(answer.headers["access-control-max-age"]) > 0
            assert answer.headers["vary"] == "Origin"


def test_a_preflight_of_another_page_is_refused(gateway):
    answer = ask(gateway, "OPTIONS", "/v1/tasks/1", {"Origin": FOREIGN, "Access-Control-Request-Method": "PATCH"}, b"")
    assert (answer.status, answer.code) == (403, "origin_not_allowed")


def test_a_websocket_of_another_page_is_refused_before_it_is_one(gateway):
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{gateway.port}/v1/ws?channel=a", additional_headers={"Origin": FOREIGN})
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["code"] == "origin_not_allowed"


def test_a_websocket_of_a_listed_page_opens(gateway):
    with connect(f"ws://127.0.0.1:{gateway.port}/v1/ws?channel=a", origin=LISTED) as socket:
        assert json.loads(socket.recv(timeout=15))["type"] == "open"


def test_every_origin_is_taken_without_credentials_where_that_is_said(start_gateway):
    gateway = start_gateway({"origins": "*"})
    answer = ask(gateway, "GET", "/v1/channels/a", {"Origin": FOREIGN})
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert "access-control-allow-credentials" not in answer.headers


def test_a_listed_origin_beside_every_origin_keeps_its_credentials(start_gateway):
    gateway = start_gateway({"origins": f"*,{LISTED}"})
    answer = ask(gateway, "GET", "/v1/channels/a", {"Origin": LISTED})
    assert answer.headers["access-control-allow-origin"] == LISTED
    assert answer.headers["access-control-allow-credentials"] == "true"


# DNS rebinding: a page whose own name is made to lead to the loopback is of one origin with the gateway.

def say_host(gateway, host, method="GET", *headers):
    with Connection(gateway) as connection:
        lines = [f"{method} /v1/channels/a HTTP/1.1", f"Host: {host}", "Content-Length: 0", *headers, "", ""]
        connection.send("\r\n".join(lines).encode())
        return connection.answer()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("host", ["evil.example:8080", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "a.b.c.d", "gateway"])
def test_a_name_that_is_made_to_lead_to_the_loopback_gets_nothing(gateway, host, method):
    for headers in ([], [f"Origin: http://{host}"]):
        answer = say_host(gateway, host, method, *headers)
        assert (answer.status, answer.code) == (403, "host_not_allowed")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080", "app.localhost", "10.1.2.3", "app.example.com"])
def test_names_of_the_loopback_addresses_and_listed_hosts_are_taken(start_gateway, host, method):
    gateway = start_gateway({"origins": LISTED})
    assert say_host(gateway, host, method).status == 200


def test_a_gateway_that_asks_for_tokens_takes_every_name(start_gateway):
    gateway = start_gateway({"auth.secret": "s" * 32, "namespaces.default.subscribe": "anyone"})
    assert say_host(gateway, "telltale.example").status == 200
