"""Every conformance case passes on every set-up, as on memory, and nothing is left behind or touched."""

import re

import pytest
from gateway import until
from scene import scene
from server_contents import contents, fill
from servers.redis_server import RedisServer
from verifying import verify

# All twenty: integration/postgres/differential.
SEED_OF_MEMORY, SEED_OF_REDIS = 1, 2


def cases(printed):
    return sorted(re.findall(r"^. ([a-z0-9-]+) — ", printed, re.MULTILINE))


@pytest.fixture(scope="module")
def cases_of_memory():
    return cases(verify("memory:"))


def wait_until_nobody_is_connected(setup):
    """A server ends its side of a connection a moment after the client has gone; a pooler keeps its own."""
    if hasattr(setup, "bouncer"):
        setup.bouncer.kill()
    others = "SELECT application_name FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    until(lambda: not [name for (name,) in setup.primary.query(others) if "telltale" in name], 10, "a connection is left behind")


def test_every_case_passes_and_nothing_of_the_server_is_touched(setup, cases_of_memory):
    fill(setup.primary)
    before = contents(setup.primary)
    printed = verify(setup.url, settings=setup.settings)
    assert " 0 failed, 0 skipped" in printed
    assert cases(printed) == cases_of_memory
    wait_until_nobody_is_connected(setup)
    assert contents(setup.primary) == before


def test_a_random_script_has_the_same_outcome_as_on_memory(postgres):
    before = contents(postgres)
    assert "no difference in 10000 operations" in verify(postgres.url, "--against", "memory:", "--seed", SEED_OF_MEMORY)
    wait_until_nobody_is_connected(postgres)
    assert contents(postgres) == before


def test_a_random_script_has_the_same_outcome_as_on_redis(postgres, tmp_path):
    redis = RedisServer(tmp_path / "redis").start()
    try:
        assert "no difference in 10000 operations" in verify(postgres.url, "--against", redis.url, "--seed", SEED_OF_REDIS)
    finally:
        redis.close()


def test_a_broker_in_use_is_not_disturbed(postgres, start_gateway, channel):
    gateway = start_gateway(postgres)
    with scene(gateway, channel) as play:
        verify(postgres.url)
        play.publisher.go_on()
        assert play.publisher.refusals == 0
        play.assert_all_seen_once_in_order()


def test_a_schema_of_ones_own_keeps_two_apart(postgres, start_gateway, channel):
    one, other = start_gateway(postgres), start_gateway(postgres, {"broker.postgres.schema": "acme_jobs"})
    assert one.publish(channel, "one")["offset"] == other.publish(channel, "other")["offset"] == 1
    postgres.query("""SELECT "acme_jobs".publish(%s, 'more')""", channel)
    until(lambda: other.publish(channel, "again")["offset"] == 3, 5, "the native message is not there")
    with scene(one, f"{channel}/one") as play, scene(other, f"{channel}/one") as same_name:
        play.assert_all_seen_once_in_order()
        same_name.assert_all_seen_once_in_order()


def test_everything_a_gateway_does_stays_within_its_schema(setup, start_gateway, channel):
    fill(setup.primary)
    before = contents(setup.primary)
    gateway = start_gateway(setup)
    with scene(gateway, channel) as play:
        gateway.publish(f"{channel}/kept", "x", retain="k")
        gateway.publish(f"{channel}/closed", "x", close=1)
        play.assert_all_seen_once_in_order()
    gateway.stop()
    wait_until_nobody_is_connected(setup)
    assert contents(setup.primary, without="telltale") == before
    assert contents(setup.primary) != before
