"""Others write where only Telltale should: it is logged once, refused cleanly, and nothing else is harmed."""

import pytest
from client import http
from gateway import until
from scene import log_of, scene


@pytest.fixture
def gateway(redis, start_gateway):
    return start_gateway(redis.url)


def lines_about(gateway, key):
    return [line for line in gateway.log.read_text().splitlines() if key in line]


MESSAGES = [
    b"", b"rubbish", b"\xff\xfe\x00", b"+", b"-", b"+\n", b"+k3f9", b"+k3f9\n", b"+k3f9\n1", b"+k3f9\n99 1763700000123 t message  3\nab",
    b"+k3f9\n99999999999999999999 1 t message  1\na", b"+k3f9\n-1 1 t message  1\na", b"+k3f9\n1 1 q message  1\na",
    b"+k3f9\n1 1 t stream-end  1\na", b"+k3f9\n1 1 t message  1\na\xff", b"-\n", b"- \n", b"+" + b"x" * 100_000,
]


@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
def test_a_foreign_message_on_our_channel(redis, gateway, channel, message):
    key = f"telltale:{{{channel}}}"
    with scene(gateway, channel) as play:
        before = len(lines_about(gateway, channel))
        for _ in range(5):
            assert redis.binary.publish(key, message) >= 1
        play.publisher.go_on(5)
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()
        assert play.publisher.refusals == 0
        assert len(lines_about(gateway, channel)) == before + 1, lines_about(gateway, channel)


def test_an_announcement_of_what_was_never_published_is_seen_by_nobody(redis, gateway, channel):
    """It looks like ours, and is not in the log: readers are told what the log has."""
    with scene(gateway, channel) as play:
        play.publisher.finish()
        receipt = play.publisher.receipts[-1]
        for reader in play.readers:
            reader.wait(lambda reader: reader.position.endswith(f":{receipt['offset']}"))
        forged = f"+{receipt['epoch']}\n{receipt['offset'] + 7} 1763700000123 t message  6\nforged"
        redis.client.publish(f"telltale:{{{channel}}}", forged)
        redis.client.publish(f"telltale:{{{channel}}}", "-zzzz\n")
        play.assert_all_seen_once_in_order()


def make_string(client, key):
    client.set(key, "somebody else's")


def make_list(client, key):
    client.rpush(key, "a")


def make_stream(client, key):
    client.xadd(key, {"a": "1"})


def make_other_hash(client, key):
    client.hset(key, "name", "value")


def make_odd_numbers(client, key):
    client.hset(key, mapping={"e": "k3f9", "t": "many", "lo": "1", "hi": "5"})


def make_missing_entries(client, key):
    client.hset(key, mapping={"e": "k3f9", "t": "3", "r": "0", "b": "3", "lo": "1", "hi": "3", "1": "rubbish"})


MAKERS = [make_string, make_list, make_stream, make_other_hash, make_odd_numbers, make_missing_entries]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_key_of_the_wrong_kind_under_our_prefix(redis, gateway, channel, make):
    taken = f"{channel}/taken"
    key = f"telltale:{{{taken}}}"
    make(redis.client, key)
    before = redis.binary.dump(key)
    with scene(gateway, channel) as play:
        for _ in range(5):
            answer = http.get(gateway.url(taken))
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
            assert key in answer.json()["detail"]
        if make is not make_missing_entries:
            for _ in range(5):
                answer = http.post(gateway.url(taken), content="x")
                assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
                assert key in answer.json()["detail"]
            assert redis.binary.dump(key) == before, "it was changed"
        listed = http.get(f"{gateway.base_url}/v1/channels", params={"prefix": channel})
        assert listed.status_code == 200 and channel in [entry["channel"] for entry in listed.json()["channels"]]
        said = [line for line in lines_about(gateway, key) if "can't be used" in line]
        assert len(said) == 1, lines_about(gateway, key)
        play.publisher.go_on(5)
        play.wait_until_ready()
        assert play.publisher.refusals == 0
        play.assert_all_seen_once_in_order()


@pytest.mark.parametrize("make", [make_string, make_other_hash], ids=lambda make: make.__name__)
def test_a_channel_that_is_overwritten_under_its_readers_comes_back_when_it_is_deleted(redis, gateway, channel, make):
    key = f"telltale:{{{channel}}}"
    with scene(gateway, channel) as play:
        play.publisher.finish()
        redis.client.delete(key)
        make(redis.client, key)
        assert http.post(gateway.url(channel), content="x").status_code == 503
        redis.client.delete(key)
        for reader in play.readers:
            assert reader.problem is None
        until(lambda: http.post(gateway.url(channel), content="again").status_code == 200, 10, "it does not come back")
        for reader in play.readers:
            reader.wait(lambda reader: reader.data[-1:] == ["again"] and reader.gaps)
        assert log_of(gateway, channel) == [(1, "again")]


def test_keys_under_our_prefix_that_are_no_channels_names_are_let_alone(redis, gateway, channel):
    names = ["telltale:", "telltale:x", "telltale:{}", "telltale:{a b}", "telltale:{a}b", "telltale:{" + "x" * 300 + "}"]
    for name in names:
        redis.client.set(name, "x")
    gateway.publish(channel, "x")
    listed = http.get(f"{gateway.base_url}/v1/channels").json()["channels"]
    assert [entry["channel"] for entry in listed] == [channel]
    assert redis.client.mget(names) == ["x"] * len(names)
