"""The primary dies or changes its role, and a replica takes its place."""

import pytest
from gateway import until
from scene import scene
from servers.postgres_replica import ReplicaSetup


@pytest.fixture
def pair(start_server):
    return start_server(ReplicaSetup)


def test_a_synchronous_replica_takes_over_and_nobody_misses_anything(pair, start_gateway, channel):
    pair.be_synchronous()
    gateway = start_gateway(pair)
    with scene(gateway, channel, elsewhere=start_gateway(pair)) as play:
        pair.fail_over()
        play.publisher.go_on()
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()


def test_an_asynchronous_replica_takes_over_and_readers_see_everything_or_are_told(pair, start_gateway, channel):
    gateway = start_gateway(pair)
    with scene(gateway, channel, elsewhere=start_gateway(pair)) as play:
        pair.fail_over()
        play.publisher.go_on()
        play.wait_until_ready()
        play.assert_seen_or_told()


def test_a_primary_that_hangs_is_left_when_a_replica_is_promoted(pair, start_gateway, channel):
    """It comes back to itself afterwards, still taking writes, and nobody goes back to it."""
    pair.be_synchronous()
    gateway = start_gateway(pair)
    with scene(gateway, channel) as play:
        pair.first.pause()
        play.publisher.be_refused()
        pair.promote()
        play.publisher.go_on()
        play.wait_until_ready()
        pair.first.resume()
        play.publisher.go_on()
        play.assert_all_seen_once_in_order()


def test_a_primary_that_becomes_a_standby_is_no_broker_until_it_is_promoted(postgres, start_gateway, channel):
    gateway = start_gateway(postgres)
    with scene(gateway, channel) as play:
        postgres.stop()
        (postgres.data / "standby.signal").touch()
        postgres.start()
        play.publisher.be_refused()
        play.wait_until_not_ready()
        postgres.query("SELECT pg_promote(true, 30)")
        play.publisher.go_on()
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()


def test_a_replica_that_is_synchronous_and_away_keeps_publishers_waiting_no_longer_than_the_timeout(pair, start_gateway, channel):
    pair.be_synchronous()
    gateway = start_gateway(pair)
    with scene(gateway, channel) as play:
        pair.second.kill()
        play.publisher.be_refused()
        pair.second.start()
        play.publisher.go_on()
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()


def test_native_producers_go_on_at_the_promoted_replica(pair, start_gateway, channel):
    pair.be_synchronous()
    gateway = start_gateway(pair)
    with scene(gateway, channel) as play:
        pair.first.query("SELECT telltale.publish(%s, 'native')", f"{channel}/native")
        pair.fail_over()
        pair.second.query("SELECT telltale.publish(%s, 'native')", f"{channel}/native")
        play.publisher.go_on()
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()
        until(lambda: gateway.publish(f"{channel}/native", "x")["offset"] == 3, 5, "the native messages are missing")
