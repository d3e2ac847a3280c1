"""Producers without HTTP: what FCALL telltale_publish writes is what the HTTP API writes."""

import pytest
import redis as redis_py
from client import http
from following import following
from pages import seen, without_own
from servers.redis_cluster import ClusterSetup

PUBLISH = "telltale_publish"


@pytest.fixture
def gateway(redis, start_gateway):
    return start_gateway(redis.url, {"limits.message_bytes": "1KiB"})


@pytest.fixture
def fcall(redis):
    def call(channel, data, *options):
        return redis.client.fcall(PUBLISH, 1, channel, data, *options)

    return call


# What a producer says, and the same by HTTP: its query, its headers.
SAME = [
    (["linking…"], {}, {}),
    ([""], {}, {}),
    (["two\nlines\r\n"], {}, {}),
    (["wörld 😀 \" \\ "], {}, {}),
    (["x" * 1024], {}, {}),
    (["a", "EVENT", "log"], {"event": "log"}, {}),
    (["a", "event", "log"], {"event": "log"}, {}),
    (["a", "RETAIN", "state"], {"retain": "state"}, {}),
    (["b", "RETAIN", "state", "EVENT", "state"], {"retain": "state", "event": "state"}, {}),
    (['{"current":3}', "FORMAT", "json", "EVENT", "progress", "RETAIN", "progress", "CONFLATE"],
     {"event": "progress", "retain": "progress", "conflate": 1}, {"Content-Type": "application/json"}),
    (['{"current": 4}', "conflate", "retain", "progress", "event", "progress", "format", "json"],
     {"event": "progress", "retain": "progress", "conflate": 1}, {"Content-Type": "application/json"}),
    (["[1, 2.50, null]", "FORMAT", "json"], {}, {"Content-Type": "application/json"}),
    (["[not json", "FORMAT", "text"], {}, {}),
    (["EVENT"], {}, {}),
    (["c", "EXPECT", "9", "RETAIN", "state"], {"expect": 9, "retain": "state"}, {}),
    (["first", "EXPECT", "0", "RETAIN", "fresh"], {"expect": 0, "retain": "fresh"}, {}),
    (["f", "FENCE", "3"], {"fence": 3}, {}),
    (["once", "ID", "key-1"], {}, {"Idempotency-Key": "key-1"}),
    (["last", "CLOSE"], {"close": 1}, {}),
]


def test_every_option_gives_what_http_gives(gateway, channel, fcall):
    native, other = f"{channel}/native", f"{channel}/http"
    with following(gateway, native) as native_readers, following(gateway, other) as readers:
        for offset, (words, query, headers) in enumerate(SAME, 1):
            epoch, given = fcall(native, *words).split(":")
            answer = http.post(gateway.url(other), content=words[0].encode(), params=query, headers=headers)
            assert answer.status_code == 200, (words, answer.text)
            assert int(given) == answer.json()["offset"] == offset
            assert seen(gateway, native) == seen(gateway, other), words
        assert seen(gateway, native)["closed"] is True
        assert http.get(gateway.url(native)).json()["epoch"] == epoch
        for one, two in zip(native_readers, readers):
            for reader in (one, two):
                reader.wait(lambda reader: reader.of("end"))
            assert without_own(one.messages) == without_own(two.messages)
            assert len(one.messages) == len(SAME)
            assert one.of("end")[0]["reason"] == "closed"


@pytest.mark.parametrize("name", ["{channel}", "telltale:{{{channel}}}"], ids=["channel", "key"])
def test_redis_cli_publishes_by_the_channels_name_or_its_key(redis, gateway, channel, name):
    with following(gateway, channel) as readers:
        said = redis.cli("FCALL", PUBLISH, "1", name.format(channel=channel), "linking…", "EVENT", "log").strip()
        epoch, offset = said.split(":")
        assert offset == "1" and http.get(gateway.url(channel)).json()["epoch"] == epoch
        for reader in readers:
            reader.wait(lambda reader: reader.data == ["linking…"])
            assert (reader.messages[0]["event"], reader.messages[0]["id"]) == ("log", said)


def test_the_same_id_publishes_once_by_whichever_way(gateway, channel, fcall):
    first = fcall(channel, "once", "ID", "k")
    assert fcall(channel, "other", "ID", "k") == first
    again = http.post(gateway.url(channel), content="x", headers={"Idempotency-Key": "k"}).json()
    assert (f"{again['epoch']}:{again['offset']}", again["duplicate"]) == (first, True)
    http.post(gateway.url(channel), content="by http", headers={"Idempotency-Key": "h"})
    assert fcall(channel, "x", "ID", "h").endswith(":2")
    assert http.get(gateway.url(channel)).json()["top"] == 2


@pytest.mark.parametrize("code, words", [
    ("CONFLICT", ["x", "RETAIN", "state", "EXPECT", "7"]),
    ("FENCED", ["x", "FENCE", "1"]),
    ("TOOLARGE", ["x" * 1025]),
    ("BADARGUMENT", ["x", "NONSENSE"]),
    ("BADARGUMENT", ["x", "EVENT"]),
    ("BADARGUMENT", ["x", "EVENT", "a b"]),
    ("BADARGUMENT", ["x", "EVENT", "stream-end"]),
    ("BADARGUMENT", ["x", "EVENT", "e" * 65]),
    ("BADARGUMENT", ["x", "RETAIN", ""]),
    ("BADARGUMENT", ["x", "RETAIN", "k" * 65]),
    ("BADARGUMENT", ["x", "CONFLATE"]),
    ("BADARGUMENT", ["x", "EXPECT", "1"]),
    ("BADARGUMENT", ["x", "EXPECT", "-1", "RETAIN", "k"]),
    ("BADARGUMENT", ["x", "EXPECT", "1.5", "RETAIN", "k"]),
    ("BADARGUMENT", ["x", "FENCE", "many"]),
    ("BADARGUMENT", ["x", "FENCE", "0x10"]),
    ("BADARGUMENT", ["x", "FENCE", "99999999999999999999"]),
    ("BADARGUMENT", ["x", "EVENT", "log", "EVENT", "log"]),
    ("BADARGUMENT", ["x", "FORMAT", "xml"]),
    ("BADARGUMENT", ["{", "FORMAT", "json"]),
    ("BADARGUMENT", ["{} x", "FORMAT", "json"]),
    ("BADARGUMENT", ["", "FORMAT", "json"]),
    ("BADARGUMENT", ["[1,]", "FORMAT", "json"]),
    ("BADARGUMENT", ["[0x10]", "FORMAT", "json"]),
    ("BADARGUMENT", ["[NaN]", "FORMAT", "json"]),
    ("BADARGUMENT", ["[01]", "FORMAT", "json"]),
    ("BADARGUMENT", ['["\n"]', "FORMAT", "json"]),
    ("BADARGUMENT", ["x", "ID", ""]),
    ("BADARGUMENT", [b"\xff\xfe"]),
    ("BADARGUMENT", [b"\xed\xa0\x80"]),
    ("BADARGUMENT", []),
])
def test_a_refusal_says_why_and_changes_nothing(redis, gateway, channel, fcall, code, words):
    fcall(channel, "first", "RETAIN", "state", "FENCE", "2")
    before = redis.binary.dump(f"telltale:{{{channel}}}")
    with pytest.raises(redis_py.ResponseError) as refusal:
        redis.client.execute_command("FCALL", PUBLISH, 1, channel, *words)
    assert str(refusal.value).startswith(f"{code} "), refusal.value
    assert redis.binary.dump(f"telltale:{{{channel}}}") == before


def test_a_closed_channel_is_opened_by_a_higher_fence_alone(gateway, channel, fcall):
    fcall(channel, "last", "FENCE", "2", "CLOSE")
    for words in (["x"], ["x", "FENCE", "2"]):
        with pytest.raises(redis_py.ResponseError, match="^CLOSED "):
            fcall(channel, *words)
    assert fcall(channel, "again", "FENCE", "3").endswith(":2")
    assert http.get(gateway.url(channel)).json()["closed"] is False


@pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 201, "telltale:{a b}", "telltale:{}", "telltale:{a}b", "a{b}"])
def test_a_name_that_no_channel_may_have(redis, gateway, name):
    before = redis.client.dbsize()
    with pytest.raises(redis_py.ResponseError, match="^BADARGUMENT "):
        redis.client.fcall(PUBLISH, 1, name, "x")
    assert redis.client.dbsize() == before


@pytest.mark.parametrize("count", [0, 2])
def test_another_number_of_channels_than_one(redis, gateway, count):
    with pytest.raises(redis_py.ResponseError, match="^BADARGUMENT "):
        redis.client.execute_command("FCALL", PUBLISH, count, *["a", "b"][:count], "x")
    assert redis.client.dbsize() == 0


def test_the_namespaces_policy_holds_for_native_producers_too(redis, start_gateway, fcall):
    gateway = start_gateway(redis.url, {"namespaces.build.history.messages": 3, "namespaces.build.history.ttl": "30s"})
    for number in range(5):
        fcall("build:1", str(number))
        fcall("other:1", str(number))
    assert [message["data"] for message in http.get(gateway.url("build:1")).json()["messages"]] == ["2", "3", "4"]
    assert len(http.get(gateway.url("other:1")).json()["messages"]) == 5
    assert 0 < redis.client.pttl("telltale:{build:1}") <= 30_000 < redis.client.pttl("telltale:{other:1}")


def test_a_producer_of_a_cluster_names_the_key(start_server, start_gateway, channel):
    cluster = start_server(ClusterSetup)
    gateway = start_gateway(cluster.url)
    key = f"telltale:{{{channel}}}"
    client = redis_py.RedisCluster(host="127.0.0.1", port=cluster.nodes[0].port, decode_responses=True)
    with following(gateway, channel) as readers:
        position = client.execute_command("FCALL", PUBLISH, 1, key, "linking…")
        said = cluster.nodes[0].cli("-c", "FCALL", PUBLISH, "1", channel, "more").strip()
        assert (position.endswith(":1"), said.endswith(":2")) == (True, True), (position, said)
        for reader in readers:
            reader.wait(lambda reader: reader.data == ["linking…", "more"])
    client.close()


def test_a_producer_in_a_transaction(redis, gateway, channel):
    """The message is there when the producer's own work is there, and not before."""
    with redis.client.pipeline(transaction=True) as work:
        work.set("job:42", "done")
        work.fcall(PUBLISH, 1, channel, "done", "CLOSE")
        done, position = work.execute()
    assert done and position.endswith(":1")
    assert http.get(gateway.url(channel)).json()["closed"] is True
