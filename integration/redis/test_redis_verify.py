"""Every conformance case passes on every set-up, as on memory, and nothing is left behind or touched."""

import re

import pytest
from contents import contents, fill
from scene import scene
from servers.redis_cluster import ClusterSetup
from verifying import verify

# All twenty: integration/redis/differential.
SEEDS = [1, 2]


def cases(printed):
    return sorted(re.findall(r"^. ([a-z0-9-]+) — ", printed, re.MULTILINE))


@pytest.fixture(scope="module")
def cases_of_memory():
    return cases(verify("memory:"))


def test_every_case_passes_and_nothing_of_the_server_is_touched(setup, cases_of_memory):
    fill(setup)
    before = contents(setup)
    printed = verify(setup.url)
    assert " 0 failed, 0 skipped" in printed
    assert cases(printed) == cases_of_memory
    assert contents(setup) == before


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_script_has_the_same_outcome_as_on_memory(redis, seed):
    assert "no difference in 10000 operations" in verify(redis.url, "--against", "memory:", "--seed", seed)
    assert contents(redis)[0]["keys"] == {}


def test_a_cluster_has_the_same_outcome_as_one_server(start_server, redis):
    cluster = start_server(ClusterSetup)
    assert "no difference" in verify(cluster.url, "--against", redis.url, "--seed", SEEDS[0])


def test_a_broker_in_use_is_not_disturbed(redis, start_gateway, channel):
    gateway = start_gateway(redis.url)
    with scene(gateway, channel) as play:
        functions = contents(redis)[0]["functions"]
        verify(redis.url)
        play.publisher.go_on()
        assert contents(redis)[0]["functions"] == functions
        assert play.publisher.refusals == 0
        play.assert_all_seen_once_in_order()


def test_a_prefix_of_ones_own_keeps_two_apart(redis, start_gateway, channel):
    one, other = start_gateway(redis.url), start_gateway(f"{redis.url}?prefix=acme:jobs:")
    assert one.publish(channel, "one")["offset"] == other.publish(channel, "other")["offset"] == 1
    assert redis.client.exists(f"telltale:{{{channel}}}", f"acme:jobs:{{{channel}}}") == 2
    assert redis.client.execute_command("FCALL", "acme_jobs_cb78902b_publish", 1, channel, "more").endswith(":2")
    with scene(one, f"{channel}/one") as play, scene(other, f"{channel}/one") as same_name:
        play.assert_all_seen_once_in_order()
        same_name.assert_all_seen_once_in_order()


def test_everything_a_gateway_does_stays_within_its_prefix(setup, start_gateway, channel):
    fill(setup)
    before = contents(setup)
    gateway = start_gateway(setup.url)
    with scene(gateway, channel) as play:
        gateway.publish(f"{channel}/kept", "x", retain="k")
        gateway.publish(f"{channel}/closed", "x", close=1)
        play.assert_all_seen_once_in_order()
    gateway.stop()
    for node, former in zip(contents(setup), before):
        others = {key: dump for key, dump in node["keys"].items() if not key.startswith(b"telltale:")}
        assert others == former["keys"]
        assert [library for library in node["functions"] if "somebody" in library] == former["functions"]
        assert (node["users"], node["configuration"]) == (former["users"], former["configuration"])
