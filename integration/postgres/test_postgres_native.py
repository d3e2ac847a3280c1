"""Producers without HTTP: what `SELECT telltale.publish(…)` writes is what the HTTP API writes."""

import json

import psycopg
import pytest
from client import http
from following import following
from gateway import until
from native import call, publish
from pages import seen, without_own

MODES = ["notify", "relay"]
JSON = {"Content-Type": "application/json"}


LIMIT = {"limits.message_bytes": "2KiB"}


@pytest.fixture
def postgres(shared):
    return shared(**LIMIT)[0]


@pytest.fixture
def gateway(shared):
    return shared(**LIMIT)[1]


@pytest.fixture
def producer(postgres, gateway):
    """A connection that commits each statement."""
    with postgres.connect() as connection:
        yield connection


# What a producer says, and the same by HTTP: its query, its headers.
SAME = [
    ("linking…", {}, {}, {}),
    ("", {}, {}, {}),
    ("two\nlines\r\n", {}, {}, {}),
    ("wörld 😀 \" \\ '", {}, {}, {}),
    ("x" * 2048, {}, {}, {}),
    ("a", {"event": "log"}, {"event": "log"}, {}),
    ("a", {"retain": "state"}, {"retain": "state"}, {}),
    ("b", {"retain": "state", "event": "state"}, {"retain": "state", "event": "state"}, {}),
    ('{"current":3}', {"format": "json", "event": "progress", "retain": "progress", "conflate": True},
     {"event": "progress", "retain": "progress", "conflate": 1}, JSON),
    ('{"current": 4}', {"format": "json", "event": "progress", "retain": "progress", "conflate": True},
     {"event": "progress", "retain": "progress", "conflate": 1}, JSON),
    ("[1, 2.50, null]", {"format": "json"}, {}, JSON),
    ("[not json", {"format": "text"}, {}, {}),
    ("c", {"expect": 8, "retain": "state"}, {"expect": 8, "retain": "state"}, {}),
    ("first", {"expect": 0, "retain": "fresh"}, {"expect": 0, "retain": "fresh"}, {}),
    ("f", {"fence": 3}, {"fence": 3}, {}),
    ("once", {"id": "key-1"}, {}, {"Idempotency-Key": "key-1"}),
    ("last", {"close": True}, {"close": 1}, {}),
]


@pytest.mark.parametrize("mode", MODES)
def test_every_option_gives_what_http_gives(shared, channel, mode):
    postgres, gateway = shared(**LIMIT, **{"broker.postgres.publish": mode})
    native, other = f"{channel}/native", f"{channel}/http"
    with following(gateway, native) as native_readers, following(gateway, other) as readers, postgres.connect() as producer:
        for data, options, query, headers in SAME:
            publish(producer, native, data, **options)
            answer = http.post(gateway.url(other), content=data.encode(), params=query, headers=headers)
            assert answer.status_code == 200, (data, answer.text)
            until(lambda: seen(gateway, native) == seen(gateway, other), 5, f"{data} differs")
        assert seen(gateway, native)["closed"] is True
        for one, two in zip(native_readers, readers):
            for reader in (one, two):
                reader.wait(lambda reader: reader.of("end"))
            assert without_own(one.messages) == without_own(two.messages)
            assert len(one.messages) == len(SAME)
            assert one.of("end")[0]["reason"] == "closed"


def test_psql_publishes_by_position_and_by_name(postgres, gateway, channel):
    with following(gateway, channel) as readers:
        postgres.psql("-c", f"SELECT telltale.publish('{channel}', 'linking…')")
        postgres.psql("-c", f"SELECT telltale.publish('{channel}', 'done', event => 'log', close => true)")
        for reader in readers:
            reader.wait(lambda reader: reader.data == ["linking…", "done"])
            assert [message["event"] for message in reader.messages] == ["message", "log"]


def test_psql_shows_what_was_wrong_and_what_is_allowed(postgres, gateway, channel):
    said = postgres.psql("-v", "VERBOSITY=verbose", "-c", "SELECT telltale.publish('a b', 'x')")
    assert "TT001" in said and '"a b"' in said and "HINT" in said and "1 to 200 bytes" in said


def test_the_same_id_publishes_once_by_whichever_way(gateway, channel, producer):
    publish(producer, channel, "once", id="k")
    publish(producer, channel, "other", id="k")
    again = http.post(gateway.url(channel), content="x", headers={"Idempotency-Key": "k"}).json()
    assert (again["offset"], again["duplicate"]) == (1, True)
    http.post(gateway.url(channel), content="by http", headers={"Idempotency-Key": "h"})
    publish(producer, channel, "x", id="h")
    assert http.get(gateway.url(channel)).json()["top"] == 2


def in_brackets(depth):
    return "[" * depth + "]" * depth


REFUSALS = [
    ("TT005", "x", {"retain": "state", "expect": 7}),
    ("TT004", "x", {"fence": 1}),
    ("TT002", "x" * 2049, {}),
    ("TT002", "ä" * 1025, {}),
    ("TT001", "x", {"event": "a b"}),
    ("TT001", "x", {"event": ""}),
    ("TT001", "x", {"event": None}),
    ("TT001", "x", {"event": "log\n"}),
    ("TT001", "x", {"event": "stream-end"}),
    ("TT001", "x", {"event": "e" * 65}),
    ("TT001", "x", {"retain": ""}),
    ("TT001", "x", {"retain": "ä"}),
    ("TT001", "x", {"retain": "k" * 65}),
    ("TT001", "x", {"conflate": True}),
    ("TT001", "x", {"expect": 1}),
    ("TT001", "x", {"expect": -1, "retain": "k"}),
    ("TT001", "x", {"fence": -1}),
    ("TT001", "x", {"fence": 2**53}),
    ("TT001", "x", {"format": "xml"}),
    ("TT001", "x", {"format": None}),
    ("TT001", "{", {"format": "json"}),
    ("TT001", "{} x", {"format": "json"}),
    ("TT001", "", {"format": "json"}),
    ("TT001", "[1,]", {"format": "json"}),
    ("TT001", "[0x10]", {"format": "json"}),
    ("TT001", "[NaN]", {"format": "json"}),
    ("TT001", "[01]", {"format": "json"}),
    ("TT001", '["\n"]', {"format": "json"}),
    ("TT001", in_brackets(512 + 1), {"format": "json"}),
    ("TT001", "x", {"id": ""}),
    ("TT001", "x", {"id": "a b"}),
    ("TT001", "x", {"id": "i" * 256}),
    ("TT001", None, {}),
]


@pytest.mark.parametrize("state, data, options", REFUSALS, ids=range(len(REFUSALS)))
def test_a_refusal_says_why_and_changes_nothing(gateway, channel, producer, state, data, options):
    publish(producer, channel, "first", retain="state", fence=2)
    before = seen(gateway, channel)
    with pytest.raises(psycopg.Error) as refusal:
        publish(producer, channel, data, **options)
    assert refusal.value.sqlstate == state
    assert refusal.value.diag.message_primary and refusal.value.diag.message_hint
    assert seen(gateway, channel) == before


def test_what_http_takes_as_json_is_taken(gateway, channel, producer):
    for text in (in_brackets(512), '"\\u0000"', '{"a":1,"a":2}', " 1e400 ", '"' + "[" * 1000 + '"'):
        publish(producer, f"{channel}/native", text, format="json")
        assert http.post(gateway.url(f"{channel}/http"), content=text, headers=JSON).status_code == 200
    native, other = (http.get(gateway.url(f"{channel}/{way}"), headers={"Accept": "text/plain"}).text for way in ("native", "http"))
    assert native == other != ""


def test_a_closed_channel_is_opened_by_a_higher_fence_alone(gateway, channel, producer):
    publish(producer, channel, "last", fence=2, close=True)
    for options in ({}, {"fence": 2}):
        with pytest.raises(psycopg.Error) as refusal:
            publish(producer, channel, "x", **options)
        assert refusal.value.sqlstate == "TT003"
    publish(producer, channel, "again", fence=3)
    assert (found := http.get(gateway.url(channel)).json())["closed"] is False and found["top"] == 2


@pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 201, "a{b}", "a\n", "a'b", None])
def test_a_name_that_no_channel_may_have(postgres, gateway, producer, name):
    before = postgres.query("SELECT count(*) FROM telltale.channel")
    with pytest.raises(psycopg.Error) as refusal:
        publish(producer, name, "x")
    assert (refusal.value.sqlstate, "200 bytes" in refusal.value.diag.message_hint) == ("TT001", True)
    assert postgres.query("SELECT count(*) FROM telltale.channel") == before


def test_the_longest_names_and_every_character_they_may_have(gateway, producer):
    for name in ("x" * 200, "aZ09_-=@,.;:/~+", "telltale", "_"):
        publish(producer, name, "x", event="e" * 64, retain="k" * 64, id="!" * 255)
        assert http.get(gateway.url(name)).json()["top"] == 1


@pytest.mark.parametrize("mode", MODES)
def test_the_namespaces_policy_holds_for_native_producers_too(start_server, start_gateway, mode):
    postgres = start_server()
    gateway = start_gateway(postgres, {
        "namespaces.build.history.messages": 3, "namespaces.short.history.ttl": "1s", "broker.postgres.publish": mode})
    with postgres.connect() as producer:
        for name in ("build:1", "other:1", "short:1"):
            for number in range(5):
                publish(producer, name, str(number))

    def data(name):
        return [message["data"] for message in http.get(gateway.url(name)).json()["messages"]]

    until(lambda: data("build:1") == ["2", "3", "4"] and len(data("other:1")) == 5, 5, "the policy does not hold")
    until(lambda: data("short:1") == [], 10, "its time is not over")
    assert len(data("other:1")) == 5


def test_a_task_from_its_first_state_to_its_last(postgres, gateway, producer):
    with following(gateway, "task:42") as readers:
        call(producer, "telltale.task", "42", "queued", title="Build", meta=json.dumps({"by": "me"}))
        call(producer, "telltale.task", "42", "started", worker="w1")
        call(producer, "telltale.task", "42", progress=json.dumps({"percent": 30}), log="linking…\ndone")
        call(producer, "telltale.task", "42", "finished", result=json.dumps({"size": 7}))
        for reader in readers:
            reader.wait(lambda reader: reader.of("end"))
            assert [message["event"] for message in reader.messages] == ["state", "state", "progress", "log", "state"]
    found = http.get(gateway.url("task:42")).json()
    assert found["closed"] is True
    life = {"state": "finished", "attempt": 1, "title": "Build", "meta": {"by": "me"}, "worker": "w1", "result": {"size": 7}}
    assert found["retained"]["state"]["data"].items() >= life.items()
    for state, attempt, expected in [("started", 1, "TT003"), ("dancing", 2, "TT001"), ("started", 0, "TT001")]:
        with pytest.raises(psycopg.Error) as refusal:
            call(producer, "telltale.task", "42", state, attempt)
        assert refusal.value.sqlstate == expected
    call(producer, "telltale.task", "42", "started", 2)
    with pytest.raises(psycopg.Error) as refusal:
        call(producer, "telltale.task", "42", log="I am not dead")
    assert refusal.value.sqlstate == "TT004"
