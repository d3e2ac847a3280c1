"""Channels that only look like those of a token: dots, escapes, nothing, other scripts. Each is another channel, or none."""

import json

import pytest
from client import PooledGateway, http
from raw import Connection
from tokens import PROTECTED, bearer, mint


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    gateway = PooledGateway(tmp_path_factory.mktemp("names") / "gateway.log", PROTECTED).start()
    yield gateway
    gateway.stop()


TOKEN = mint(sub="ann", subscribe=["build:*", "exact:1", "user:{sub}:*"], publish=["build:*", "exact:1", "user:{sub}:*"])


def ask(gateway, method, target):
    with Connection(gateway) as connection:
        connection.request(method, target, f"Authorization: Bearer {TOKEN}", body=b"x" if method == "POST" else None)
        return connection.answer()


# Each would be another's channel if a path were tidied up, decoded twice, cut, or folded somewhere on the way.
TRICKS = [
    ("build:/../secret:1", 200), ("build:%2F..%2Fsecret:1", 200), ("build:..", 200), ("build:.", 200),
    ("build:1/../../secret:1", 200), ("./build:1", 403), ("../channels/build:1", 403), ("/build:1", 403),
    ("build%3A1", 200), ("build%253A1", 400), ("build:%2e%2e%2fsecret", 200), ("secret:1%00", 400), ("build:1%00secret:1", 400),
    ("build:", 403), ("build", 403), ("builds:1", 403), ("Build:1", 403), ("BUILD:1", 403), (" build:1", 400), ("%20build:1", 400),
    ("exact:1", 200), ("exact:1%2F", 403), ("exact:1/", 403), ("exact:11", 403), ("exact:", 403), ("exact:1;x=y", 403), ("exact:1,", 403),
    ("bu%D1%96ld:1", 400), ("%EF%BD%82uild:1", 400), ("build%EF%BC%9A1", 400),
    ("%c0%afbuild:1", 400), ("build:%ff", 400), ("user:ann:1", 200), ("user:ann", 403), ("user:bob:1", 403), ("user:%7Bsub%7D:1", 400),
    ("user:ann:/../../user:bob:1", 200), ("user::1", 403), ("*", 400), ("build:*", 400), ("", 400), ("%2A", 400),
]


@pytest.mark.parametrize(("name", "status"), TRICKS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_name_is_what_its_bytes_are_and_nothing_else(gateway, name, status, method):
    answer = ask(gateway, method, f"/v1/channels/{name}")
    assert answer.status == status, answer.body
    if status == 200:
        assert answer.json()["channel"].startswith(("build:", "exact:1", "user:ann:"))


@pytest.mark.parametrize("path", [
    "/v1/channels/build:1/../secret:1", "/v1/./channels/secret:1", "/v1//channels/secret:1", "/v1/channels//secret:1",
    "//v1/channels/secret:1", "/v1/channels/../channels/secret:1", "/V1/channels/secret:1", "/v1/channels%2Fsecret:1",
    "/v1%2Fchannels/secret:1", "/x/../v1/channels/secret:1", "/v1/tasks/x/../../channels/secret:1", "http://127.0.0.1/v1/channels/secret:1",
    "/v1/channels/secret:1?channel=build:1", "/v1/channels/secret:1#build:1", "/v1/channels/secret:1;build:1"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_no_path_leads_round_the_question_who_may(gateway, path, method):
    marked = mint(subscribe=["*"], publish=["*"])
    http.post(gateway.url("secret:1"), content=b"the secret", headers=bearer(marked))
    answer = ask(gateway, method, path)
    assert b"the secret" not in answer.body
    assert answer.status >= 400 or answer.status == 204 or answer.json()["channel"].startswith("build:1/"), answer.body
    assert http.get(gateway.url("secret:1"), headers=bearer(marked)).json()["messages"][0]["data"] == "the secret"


@pytest.mark.parametrize("path", ["/v1/channels/secret:1", "/v1/events?channel=secret:1", "/v1/ws?channel=secret:1", "/v1/tasks/secret"])
@pytest.mark.parametrize("prefix", ["", "/", "/.", "/x/.."])
def test_nor_does_one_to_a_stream(gateway, path, prefix):
    with Connection(gateway) as connection:
        connection.request("GET", prefix + path, f"Authorization: Bearer {TOKEN}", "Accept: text/event-stream")
        answer = connection.answer()
    assert answer.status >= 400, answer.body


def test_a_task_is_no_way_to_a_channel_that_is_not_its_own(gateway):
    """`publish` on `build:*` says nothing about tasks, whose channels are `task:…`."""
    for target in ("/v1/tasks/build:1", "/v1/tasks/..%2Fbuild:1", "/v1/tasks/build%3A1"):
        assert ask(gateway, "GET", target).status == 403


@pytest.mark.parametrize("query", ["channel=build:1&channel=secret:1", "channel=build:1&task=secret", "channel=build:1&channel=build:1%00"])
def test_one_channel_that_is_not_allowed_refuses_the_whole_stream(gateway, query):
    answer = ask(gateway, "GET", f"/v1/events?{query}")
    assert answer.status in (400, 403)


def test_a_line_of_ndjson_names_its_channel_once(gateway):
    line = '{"channel":"build:1","data":"x","channel":"secret:1"}'
    answer = http.post(f"{gateway.base_url}/v1/publish", content=line.encode(), headers=bearer(TOKEN))
    assert json.loads(answer.text)["code"] in ("invalid_json", "invalid_field", "forbidden"), answer.text
