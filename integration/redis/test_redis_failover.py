"""A primary dies, and a replica takes over: by Sentinel and in a cluster; and a slot moves to another node."""

import pytest
from client import http
from gateway import until
from scene import scene
from servers.redis_cluster import ClusterSetup
from servers.redis_sentinel import MASTER, SentinelSetup
from servers.redis_server import DURABLE, RedisServer, in_step


@pytest.fixture
def sentinels(start_server):
    return start_server(SentinelSetup)


@pytest.fixture
def cluster(start_server):
    return start_server(ClusterSetup)


def die(sentinels, primary):
    primary.kill()


def hang(sentinels, primary):
    """Taken for dead; what it was sent meanwhile it still carries out when it comes back, and then follows the new primary."""
    primary.pause()


def hand_over(sentinels, primary):
    sentinels.sentinels[0].client.execute_command("SENTINEL FAILOVER", MASTER)


@pytest.mark.parametrize("end", [die, hang, hand_over], ids=lambda end: end.__name__)
def test_sentinels_fail_over_and_readers_see_everything_or_are_told(sentinels, start_gateway, channel, end):
    gateway = start_gateway(sentinels.url)
    with scene(gateway, channel, elsewhere=start_gateway(sentinels.url)) as play:
        primary = sentinels.primary
        try:
            play.publisher.go_on_in_another_epoch(after=lambda: end(sentinels, primary))
            sentinels.wait_for_failover(primary)
            play.publisher.go_on()
        finally:
            if primary.is_running:
                primary.resume()
        play.wait_until_ready()
        play.publisher.go_on()
        play.assert_seen_or_told()


def test_a_sentinel_that_is_down_is_passed_over(sentinels, start_gateway, channel):
    sentinels.sentinels[0].kill()
    gateway = start_gateway(sentinels.url)
    with scene(gateway, channel) as play:
        play.assert_all_seen_once_in_order()


def test_a_primary_that_becomes_a_replica_is_no_broker_until_it_is_one_again(redis, start_server, start_gateway, channel):
    gateway = start_gateway(redis.url)
    with scene(gateway, channel) as play:
        follower = start_server(RedisServer, *DURABLE, f"replicaof 127.0.0.1 {redis.port}")
        until(lambda: in_step(redis, follower), 20, "the replica lags")
        redis.client.replicaof("127.0.0.1", follower.port)
        play.publisher.be_refused()
        play.wait_until_not_ready()
        redis.client.replicaof("NO", "ONE")
        play.publisher.go_on()
        play.wait_until_ready()
        play.assert_seen_or_told()


def test_a_replica_of_the_cluster_takes_over_and_readers_see_everything_or_are_told(cluster, start_gateway, channel):
    gateway = start_gateway(cluster.url)
    slot = cluster.slot(f"telltale:{{{channel}}}")
    with scene(gateway, channel) as play:
        primary = cluster.owner(slot)
        other = name_elsewhere(cluster, channel, primary)
        primary.kill()
        play.publisher.be_refused()
        # The other nodes' channels are not touched.
        assert gateway.publish(other, "x")["offset"] == 1
        play.publisher.go_on()
        assert cluster.owner(slot) is not primary
        play.wait_until_ready()
        play.assert_seen_or_told()


def name_elsewhere(cluster, channel, primary):
    names = (f"{channel}/{number}" for number in range(1000))
    return next(name for name in names if cluster.owner(cluster.slot(f"telltale:{{{name}}}")) is not primary)


def test_a_slot_moves_while_everybody_goes_on(cluster, start_gateway, channel):
    gateway = start_gateway(cluster.url)
    slot = cluster.slot(f"telltale:{{{channel}}}")
    with scene(gateway, channel, elsewhere=start_gateway(cluster.url)) as play:
        for _ in range(2):
            target = next(node for node in cluster.primaries if node is not cluster.owner(slot))
            cluster.begin_move(slot, target)
            # The source answers with ASK: publishing goes on.
            play.publisher.go_on()
            cluster.finish_move(slot, target)
            play.publisher.go_on()
        assert play.publisher.refusals == 0
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()


def test_channels_of_all_nodes_are_listed_once_and_in_order(cluster, start_gateway, channel):
    gateway = start_gateway(cluster.url)
    names = [f"{channel}/{number:02}" for number in range(30)]
    for name in names:
        gateway.publish(name, "x")
    found, cursor = [], None
    while True:
        query = {"prefix": channel, "limit": 7} | ({"cursor": cursor} if cursor else {})
        page = http.get(f"{gateway.base_url}/v1/channels", params=query).json()
        found += [entry["channel"] for entry in page["channels"]]
        if not (cursor := page["cursor"]):
            break
    assert found == names
