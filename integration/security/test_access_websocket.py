"""Tokens over WebSocket: with the request or as the first message, renewed while it is open, and its end with them."""

import time
from contextlib import contextmanager

import httpx
import pytest
from client import PooledGateway, http
from frames import SECONDS, Socket
from tokens import API_KEY, PROTECTED, all_of, bearer, mint
from websockets.sync.client import connect

@pytest.fixture(scope="module", params=["epoll", "nio"])
def gateway(request, tmp_path_factory):
    settings = PROTECTED | {"auth.leeway": "0s", "hub.sockets": request.param}
    gateway = PooledGateway(tmp_path_factory.mktemp("websocket") / "gateway.log", settings).start()
    yield gateway
    gateway.stop()


@contextmanager
def opened(gateway, token=None, **query):
    url = httpx.URL(f"ws://127.0.0.1:{gateway.port}/v1/ws", params=query)
    with connect(str(url), open_timeout=SECONDS, additional_headers=bearer(token)) as connection:
        yield Socket(connection)


def kinds(socket, count):
    return [socket.hear()["type"] for _ in range(count)]


def publish(gateway, channel, text, **query):
    assert http.post(gateway.url(channel), params=query, content=text.encode(), headers=bearer(API_KEY)).status_code == 200


@pytest.mark.parametrize("place", ["header", "query"])
def test_a_token_that_comes_with_the_request_opens_the_querys_channels(gateway, channel, place):
    token = mint(subscribe=[channel])
    given = {"token": token} if place == "header" else {"token": None, "access_token": token}
    query = {key: value for key, value in given.items() if key != "token" and value}
    with opened(gateway, given.get("token"), channel=channel, **query) as socket:
        assert kinds(socket, 2) == ["open", "subscribed"]


@pytest.mark.parametrize(("claims", "code", "close"), [
    ({"subscribe": ["other"]}, "forbidden", 4403), ({"publish": ["*"]}, "forbidden", 4403),
    ({"subscribe": ["*"], "seconds": -5}, "token_expired", 4401), ({"subscribe": ["*"], "nbf": 9_999_999_999}, "token_not_yet_valid", 4401),
    ({"subscribe": ["*"], "secret": "another secret, of as many bytes"}, "token_invalid", 4401)])
@pytest.mark.parametrize("is_late", [False, True], ids=["request", "message"])
def test_a_token_that_does_not_hold_ends_the_connection(gateway, channel, claims, code, close, is_late):
    token = mint(**claims)
    with opened(gateway, None if is_late else token, channel=channel) as socket:
        if is_late:
            assert socket.hear()["type"] == "open"
            socket.say(type="auth", id=1, token=token)
        said, found = socket.end()
    assert (said[-1]["type"], said[-1]["code"], found) == ("error", code, close)
    assert "subscribed" not in [frame["type"] for frame in said]


def test_the_querys_channels_wait_for_the_first_message(gateway, channel):
    publish(gateway, channel, "x")
    with opened(gateway, channel=channel, since="earliest") as socket:
        assert socket.hear()["type"] == "open"
        assert socket.ask(type="auth", id=7, token=mint(subscribe=[channel]))["type"] == "authenticated"
        assert kinds(socket, 2) == ["subscribed", "message"]


def test_what_comes_behind_the_token_waits_for_it(gateway, channel):
    with opened(gateway) as socket:
        socket.say(type="auth", token=all_of(channel))
        socket.say(type="subscribe", id=1, channel=channel)
        socket.say(type="publish", id=2, channel=channel, data="x")
        socket.say(type="ping", id=3)
        found = [socket.hear() for _ in range(6)]
    assert [frame["type"] for frame in found][:2] == ["open", "authenticated"]
    assert sorted(frame["type"] for frame in found[2:]) == ["message", "pong", "published", "subscribed"]


@pytest.mark.parametrize("query", [{"channel": "secret:1"}, {}], ids=["channel", "nothing"])
def test_a_connection_that_needs_a_token_waits_only_so_long(gateway, query):
    began = time.monotonic()
    with opened(gateway, **query) as socket:
        assert socket.ask(type="subscribe", id=1, channel="secret:1")["type"] == "open"
        said, code = socket.end()
    assert [frame["code"] for frame in said] == ["token_missing", "token_missing"]
    assert code == 4401
    assert 8 < time.monotonic() - began < 14


def test_a_channel_that_the_token_does_not_allow_is_refused_and_the_connection_goes_on(gateway, channel):
    with opened(gateway, mint(subscribe=[channel], publish=[channel])) as socket:
        assert socket.hear()["type"] == "open"
        answer = socket.ask(type="subscribe", id=1, channel="secret:1")
        assert (answer["type"], answer["id"], answer["code"]) == ("error", 1, "forbidden")
        answer = socket.ask(type="publish", id=2, channel="secret:1", data="x")
        assert (answer["type"], answer["id"], answer["code"]) == ("error", 2, "forbidden")
        assert socket.ask(type="publish", id=3, channel=channel, data="x")["type"] == "published"
        assert socket.ask(type="subscribe", id=4, channel=channel)["type"] == "subscribed"
    assert http.get(gateway.url("secret:1"), headers=bearer(API_KEY)).json()["top"] == 0


def test_an_expired_token_ends_the_connection_with_a_code_of_its_own(gateway, channel):
    with opened(gateway, mint(seconds=2, subscribe=[channel]), channel=channel) as socket:
        said, code = socket.end()
    assert said[-1]["code"] == "token_expired"
    assert code == 4401


def test_a_refresh_renews_the_token_of_an_open_connection(gateway, channel):
    with opened(gateway, mint(seconds=2, sub="ann", subscribe=[channel]), channel=channel) as socket:
        assert kinds(socket, 2) == ["open", "subscribed"]
        answer = socket.ask(type="refresh", id=1, token=mint(seconds=6, sub="ann", subscribe=[channel]))
        assert (answer["type"], answer["id"]) == ("refreshed", 1)
        assert answer["expires"].endswith("Z")
        time.sleep(3)
        publish(gateway, channel, "after the first token")
        assert socket.hear()["data"] == "after the first token"
        said, code = socket.end()
        assert (said[-1]["code"], code) == ("token_expired", 4401)


def test_a_refresh_is_of_the_same_subject_and_covers_what_is_followed(gateway, channel):
    with opened(gateway, mint(sub="ann", subscribe=[channel]), channel=channel) as socket:
        assert kinds(socket, 2) == ["open", "subscribed"]
        for token, code in [
                (mint(sub="bob", subscribe=[channel]), "other_subject"), (mint(subscribe=[channel]), "other_subject"),
                (mint(sub="ann", subscribe=["other"]), "forbidden"), (mint(seconds=-5, sub="ann", subscribe=[channel]), "token_expired"),
                ("no token", "token_invalid")]:
            answer = socket.ask(type="refresh", id=1, token=token)
            assert (answer["type"], answer["code"]) == ("error", code)
        publish(gateway, channel, "still open")
        assert socket.hear()["data"] == "still open"


def test_a_refresh_without_a_subject_follows_one_without_and_a_key_no_token(gateway, channel):
    with opened(gateway, mint(subscribe=[channel])) as socket:
        assert socket.hear()["type"] == "open"
        for token, code in [(mint(sub="ann", subscribe=[channel]), "other_subject"), (API_KEY, "other_subject"), (mint(link=channel), "other_subject")]:
            assert socket.ask(type="refresh", id=1, token=token)["code"] == code
        assert socket.ask(type="refresh", id=2, token=mint(subscribe=["*"]))["type"] == "refreshed"
    with opened(gateway, API_KEY) as socket:
        assert socket.hear()["type"] == "open"
        assert socket.ask(type="refresh", id=1, token=mint(subscribe=["*"]))["code"] == "other_subject"
        assert socket.ask(type="refresh", id=2, token=API_KEY)["type"] == "refreshed"


def test_a_renewed_connection_counts_to_the_token_that_it_has(start_gateway, channel):
    gateway = start_gateway(PROTECTED | {"limits.connections_per_token": 1})
    one, two, three = (mint(subscribe=[channel], jti=number) for number in range(3))

    def is_refused(token):
        with opened(gateway, token) as socket:
            return socket.hear()["type"] == "error"

    with opened(gateway, one) as socket, opened(gateway, two) as other:
        assert (socket.hear()["type"], other.hear()["type"]) == ("open", "open")
        assert socket.ask(type="refresh", id=1, token=two)["code"] == "too_many_streams_of_token"
        assert is_refused(one), "it has kept its own"
        assert socket.ask(type="refresh", id=2, token=three)["type"] == "refreshed"
        assert is_refused(three)
        assert not is_refused(one)
        assert socket.ask(type="subscribe", id=3, channel=channel)["type"] == "subscribed"


def test_auth_comes_once_and_refresh_after_it(gateway, channel):
    with opened(gateway, all_of(channel)) as socket:
        assert socket.hear()["type"] == "open"
        assert socket.ask(type="auth", token=all_of(channel))["code"] == "already_authenticated"
    with opened(gateway) as socket:
        assert socket.hear()["type"] == "open"
        assert socket.ask(type="refresh", token=all_of(channel))["code"] == "not_authenticated"
        assert socket.ask(type="auth")["code"] == "invalid_field"


def test_a_link_opens_its_channel_and_ends_with_it(gateway, channel):
    with opened(gateway, channel=channel, token=None, access_token=mint(link=channel)) as socket:
        assert kinds(socket, 2) == ["open", "subscribed"]
        assert socket.ask(type="subscribe", id=1, channel="other")["code"] == "forbidden"
        publish(gateway, channel, "the end", close=1)
        said, code = socket.end()
        assert [frame["type"] for frame in said] == ["message", "end"]
        assert code == 1000
    with opened(gateway, channel=channel, token=None, access_token=mint(link=channel)) as socket:
        said, code = socket.end()
        assert (said[-1]["code"], code) == ("link_revoked", 4401)


def test_a_gateway_that_protects_nothing_takes_any_token_for_granted(start_gateway, channel):
    gateway = start_gateway()
    with opened(gateway) as socket:
        assert socket.hear()["type"] == "open"
        assert socket.ask(type="auth", token="anything") == {"type": "authenticated", "expires": None}
        assert socket.ask(type="subscribe", id=1, channel=channel)["type"] == "subscribed"
