"""What each request needs, and what it gets without: no token, another's token, one that has expired or is not valid yet."""

import json

import pytest
from client import PooledGateway, http
from raw import Connection
from tokens import API_KEY, PROTECTED, all_of, bearer, mint


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    gateway = PooledGateway(tmp_path_factory.mktemp("access") / "gateway.log", PROTECTED | {"auth.leeway": "0s"}).start()
    yield gateway
    gateway.stop()


def own(gateway, target):
    return f"{gateway.base_url}/v1/{target}"


# Everything that can be asked of the channel `alice:1` or the task `alice`: method, path, body, and the claim that it takes.
REQUESTS = [
    ("GET", "channels/alice:1", None, "subscribe"),
    ("GET", "channels/alice:1?wait=5", None, "subscribe"),
    ("POST", "channels/alice:1", b"x", "publish"),
    ("PUT", "channels/alice:1", b"x", "publish"),
    ("POST", "channels/alice:1?lines=1", b"x\ny\n", "publish"),
    ("DELETE", "channels/alice:1", None, "publish"),
    ("POST", "tasks", b'{"id":"alice"}', "publish"),
    ("PATCH", "tasks/alice", b"{}", "publish"),
    ("POST", "tasks/alice/log", b"x", "publish"),
    ("POST", "tasks/alice/log?lines=1", b"x", "publish"),
    ("PUT", "tasks/alice/log", b"x", "publish"),
    ("POST", "tasks/alice/cancel", None, "cancel"),
    ("DELETE", "tasks/alice", None, "publish"),
    ("GET", "tasks/alice", None, "subscribe"),
    ("GET", "tasks/alice/log", None, "subscribe"),
]
STREAMS = [
    ("channels/alice:1", "text/event-stream"), ("events?channel=alice:1", "*/*"), ("events?channel=alice:1&form=frames", "*/*"),
    ("events?channel=bob:1&channel=alice:1", "*/*"), ("events?task=alice", "*/*"), ("channels/alice:1?follow=1", "text/plain"),
    ("tasks/alice", "text/event-stream"), ("tasks/alice/log?follow=1", "*/*"),
]


@pytest.fixture
def made(gateway):
    """The channel and the task are there, started, whatever was done to them before."""
    key = bearer(API_KEY)
    for target in ("channels/alice:1", "tasks/alice"):
        http.delete(own(gateway, target), headers=key)
    assert http.post(own(gateway, "channels/alice:1"), content=b"secret of alice", headers=key).status_code == 200
    assert http.post(own(gateway, "tasks"), json={"id": "alice", "title": "secret of alice"}, headers=key).status_code == 202
    yield
    assert http.get(own(gateway, "channels/alice:1"), headers=key).json()["top"] == 1, "something was done without the right"
    assert http.get(own(gateway, "tasks/alice"), headers=key).json()["state"] == "queued"


BOB = {"subscribe": ["bob:*", "task:bob"], "publish": ["bob:*", "task:bob"], "cancel": ["bob:*", "task:bob"]}


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert "secret of alice" not in answer.text
    if status == 401:
        assert answer.headers["www-authenticate"].startswith('Bearer realm="telltale"')
    return answer


@pytest.mark.parametrize(("method", "target", "body", "claim"), REQUESTS)
def test_nothing_is_done_without_a_token_that_allows_it(gateway, made, method, target, body, claim):
    def ask(token):
        return http.request(method, own(gateway, target), content=body, headers=bearer(token))

    refused(ask(None), 401, "token_missing")
    refused(ask(mint(**BOB)), 403, "forbidden")
    refused(ask(mint(seconds=-5, **{claim: ["*"]})), 401, "token_expired")
    refused(ask(mint(nbf=9_999_999_999, **{claim: ["*"]})), 401, "token_not_yet_valid")
    refused(ask(mint(secret="another secret, of as many bytes", **{claim: ["*"]})), 401, "token_invalid")
    refused(ask("not.a.token"), 401, "token_invalid")
    others = {name: ["*"] for name in ("subscribe", "publish", "cancel") if name != claim}
    refused(ask(mint(**others)), 403, "forbidden")


@pytest.mark.parametrize(("target", "accept"), STREAMS)
def test_no_stream_opens_without_a_token_that_allows_it(gateway, made, target, accept):
    def ask(token):
        return http.get(own(gateway, target), headers=bearer(token) | {"Accept": accept})

    refused(ask(None), 401, "token_missing")
    refused(ask(mint(**BOB)), 403, "forbidden")
    refused(ask(mint(seconds=-5, subscribe=["*"])), 401, "token_expired")
    refused(ask(mint(publish=["*"], cancel=["*"])), 403, "forbidden")


@pytest.mark.parametrize(("method", "target", "body", "claim"), REQUESTS)
def test_the_one_claim_that_a_request_needs_is_enough(gateway, method, target, body, claim):
    http.post(own(gateway, "tasks"), json={"id": "alice"}, headers=bearer(API_KEY))
    http.patch(own(gateway, "tasks/alice"), json={"state": "started"}, headers=bearer(API_KEY))
    http.post(own(gateway, "channels/alice:1"), content=b"x", headers=bearer(API_KEY))
    if target == "tasks":
        http.delete(own(gateway, "tasks/alice"), headers=bearer(API_KEY))
    token = mint(**{claim: ["alice:1", "task:alice"]})
    answer = http.request(method, own(gateway, target), content=body, headers=bearer(token))
    assert answer.is_success, answer.text


@pytest.mark.parametrize("place", ["header", "token", "access_token"])
def test_a_token_may_be_in_the_header_or_in_the_query(gateway, channel, place):
    token = all_of(channel)
    headers, query = (bearer(token), {}) if place == "header" else ({}, {place: token})
    assert http.post(gateway.url(channel), params=query, headers=headers, content=b"x").status_code == 200
    with http.stream("GET", gateway.url(channel), params=query, headers=headers | {"Accept": "text/event-stream"}) as stream:
        assert stream.status_code == 200


def test_a_scheme_is_a_scheme_in_any_case(gateway, channel):
    headers = {"Authorization": f"bearer  {all_of(channel)}"}
    assert http.get(gateway.url(channel), headers=headers).status_code == 200


def test_tokens_that_differ_are_refused_and_one_that_is_sent_twice_is_not(gateway, channel):
    token, other = all_of(channel), all_of(channel, sub="other")
    for method in ("GET", "POST"):
        answer = http.request(method, gateway.url(channel), params={"token": other}, headers=bearer(token))
        assert (answer.status_code, answer.json()["code"]) == (400, "contradictory_tokens")
        assert http.request(method, gateway.url(channel), params={"token": token}, headers=bearer(token)).is_success


def test_a_cookie_carries_a_token_only_where_it_was_named(start_gateway, gateway, channel):
    cookie = {"Cookie": f'theme=dark; telltale="{all_of(channel)}"; x=y'}
    assert http.get(gateway.url(channel), headers=cookie).status_code == 401
    named = start_gateway(PROTECTED | {"auth.cookie": "telltale"})
    assert http.get(named.url(channel), headers=cookie).status_code == 200
    assert http.post(named.url(channel), headers=cookie, content=b"x").status_code == 200


def test_ndjson_is_refused_line_by_line(gateway, channel):
    lines = [{"channel": channel, "data": "1"}, {"channel": "alice:1", "data": "2"}, {"channel": channel, "data": "3"}]
    body = "\n".join(json.dumps(line) for line in lines).encode()
    answer = http.post(own(gateway, "publish"), content=body, headers=bearer(all_of(channel)))
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert [line.get("offset", line.get("code")) for line in found] == [1, "forbidden", 2]
    assert found[1]["status"] == 403


def test_ndjson_without_a_token_publishes_nothing(gateway, channel):
    answer = http.post(own(gateway, "publish"), content=json.dumps({"channel": channel, "data": "1"}).encode())
    assert [json.loads(line)["code"] for line in answer.text.splitlines()] == ["token_missing"]
    assert http.get(gateway.url(channel), headers=bearer(API_KEY)).json()["top"] == 0


def test_the_list_of_channels_has_those_that_may_be_read_and_its_cursor_names_no_other(gateway):
    key = bearer(API_KEY)
    for name in ("listed:a", "hidden:b", "listed:c", "hidden:d", "listed:e", "hidden:f"):
        http.post(gateway.url(name), content=b"x", headers=key)
    token = bearer(mint(subscribe=["listed:*"]))
    names, cursor = [], ""
    while cursor is not None:
        page = http.get(own(gateway, "channels"), params={"limit": 1, "cursor": cursor} if cursor else {"limit": 1}, headers=token).json()
        names += [entry["channel"] for entry in page["channels"]]
        cursor = page["cursor"]
        assert cursor is None or cursor.startswith("listed:")
    assert names == ["listed:a", "listed:c", "listed:e"]
    assert http.get(own(gateway, "channels"), headers=bearer(mint(publish=["*"]))).json()["channels"] == []
    refused(http.get(own(gateway, "channels")), 401, "token_missing")


def test_the_list_of_tasks_has_those_that_may_be_read(gateway):
    for name in ("mine.1", "yours.1", "mine.2", "yours.2", "mine.3"):
        http.post(own(gateway, "tasks"), json={"id": name}, headers=bearer(API_KEY))
    token = bearer(mint(subscribe=["task:mine.*"]))
    ids, cursor = [], ""
    while cursor is not None:
        page = http.get(own(gateway, "tasks"), params={"limit": 2} | ({"cursor": cursor} if cursor else {}), headers=token).json()
        ids += [task["id"] for task in page["tasks"]]
        cursor = page["cursor"]
    assert ids == ["mine.3", "mine.2", "mine.1"]
    refused(http.get(own(gateway, "tasks")), 401, "token_missing")


def test_who_sees_one_of_two_thousand_channels_has_it_in_a_few_rounds(gateway):
    def lists():
        lines = http.get(f"{gateway.base_url}/metrics", headers=bearer(API_KEY)).text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith('telltale_broker_duration_seconds_count{operation="list"}'))

    lines = "".join(json.dumps({"channel": f"many:{number}", "data": ""}) + "\n" for number in range(2000))
    http.post(own(gateway, "publish"), content=lines.encode(), headers=bearer(API_KEY))
    before = lists()
    page = http.get(own(gateway, "channels"), params={"prefix": "many:", "limit": 1}, headers=bearer(mint(subscribe=["many:999"]))).json()
    assert [entry["channel"] for entry in page["channels"]] == ["many:999"]
    assert lists() - before <= 3


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("x", 401), (all_of("*"), 100)])
def test_a_strangers_body_is_not_asked_for(gateway, token, status):
    with Connection(gateway) as connection:
        fields = [f"Authorization: Bearer {token}"] if token else []
        connection.request("POST", "/v1/tasks", "Expect: 100-continue", "Content-Length: 1000", *fields)
        assert connection.answer(has_body=False).status == status


def test_a_task_whose_id_is_made_is_created_only_by_who_may_write_to_it(gateway):
    def create(token, **headers):
        return http.post(own(gateway, "tasks"), json={}, headers=bearer(token) | headers)

    for key in ({}, {"Idempotency-Key": "a-key-of-the-test"}):
        refused(create(mint(publish=["task:42", "build:*"]), **key), 403, "forbidden")
        assert create(mint(publish=["task:*"]), **key).status_code == 202


def test_a_worker_hears_what_is_asked_of_it_and_others_do_not(gateway):
    control = gateway.url("task:heard:control")
    for claim in ("subscribe", "publish"):
        assert http.get(control, headers=bearer(mint(**{claim: ["task:heard"]}))).status_code == 200
    for claims in ({"cancel": ["*"]}, {"subscribe": ["task:heard:control"], "publish": ["task:heard:control"]}):
        refused(http.get(control, headers=bearer(mint(**claims))), 403, "forbidden")


def test_an_api_key_may_do_everything_that_anyone_may(start_gateway, channel):
    gateway = start_gateway(PROTECTED | {"namespaces.locked.publish": "nobody"})
    key = bearer(API_KEY)
    assert http.post(gateway.url(channel), content=b"x", headers=key).status_code == 200
    assert http.get(gateway.url(channel), headers=key).json()["top"] == 1
    refused(http.post(gateway.url("locked:1"), content=b"x", headers=key), 403, "forbidden")
    refused(http.post(gateway.url(channel), content=b"x", headers=bearer(API_KEY + "x")), 401, "token_invalid")


def test_a_namespace_for_anyone_still_refuses_a_token_that_does_not_hold(start_gateway):
    gateway = start_gateway(PROTECTED | {"namespaces.news.subscribe": "anyone", "auth.leeway": "0s"})
    assert http.get(gateway.url("news:1")).status_code == 200
    refused(http.get(gateway.url("news:1"), headers=bearer(mint(seconds=-5))), 401, "token_expired")
    refused(http.post(gateway.url("news:1"), content=b"x"), 401, "token_missing")
