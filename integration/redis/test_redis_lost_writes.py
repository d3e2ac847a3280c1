"""Acknowledged writes that a failover or a restart has lost: whoever saw them is told, and nobody skips what came in their place."""

import pytest
from following import following
from gateway import until
from losing import (
    assert_backwards_is_a_gap,
    assert_new_life,
    assert_others_go_on,
    assert_two_lives_are_remembered,
    page,
    publish,
    wait_until_ready,
)
from proxy import Proxy
from servers.redis_server import RedisServer, in_step


class Snapshot:
    """A server that comes back from an old dump."""

    def __init__(self, start_server):
        self.server = start_server(RedisServer)
        self.port = self.server.port

    def keep(self):
        self.server.client.save()

    def lose(self):
        self.server.kill()
        self.server.start()

    def close(self):
        pass


class Replica:
    """A primary behind one address, and a replica that is promoted while it still took writes, as a partition does it."""

    def __init__(self, start_server):
        self.one = start_server(RedisServer)
        self.other = start_server(RedisServer, f"replicaof 127.0.0.1 {self.one.port}")
        # The first replica begins a new epoch too, and the tests are about those that come later.
        until(lambda: in_step(self.one, self.other), 20, "the replica does not follow")
        self.proxy = Proxy(self.one)
        self.port = self.proxy.port

    def keep(self):
        until(lambda: in_step(self.one, self.other), 20, "the replica lags")
        self.other.client.replicaof("NO", "ONE")

    def lose(self):
        self.one.kill()
        self.lead_to(self.other)

    def lead_to(self, server):
        self.proxy.lead_to(server)
        self.proxy.cut()

    def close(self):
        self.proxy.__exit__()


@pytest.fixture(params=[Snapshot, Replica])
def losing(request, start_server):
    made = request.param(start_server)
    yield made
    made.close()


@pytest.fixture
def pair(start_server):
    made = Replica(start_server)
    yield made
    made.close()


def test_offsets_that_run_backwards_are_a_gap(losing, start_gateway, channel):
    assert_backwards_is_a_gap(start_gateway(f"redis://127.0.0.1:{losing.port}"), channel, losing)


def test_readers_who_were_not_above_go_on_without_a_gap(losing, start_gateway, channel):
    assert_others_go_on(start_gateway(f"redis://127.0.0.1:{losing.port}"), channel, losing)


def test_positions_of_two_lives_ago_are_still_known_for_what_they_are(start_server, start_gateway, channel):
    losing = Snapshot(start_server)
    assert_two_lives_are_remembered(start_gateway(f"redis://127.0.0.1:{losing.port}"), channel, losing)


def test_a_failover_there_and_back_without_a_restart(pair, start_gateway, channel):
    """The primary loses what only it had by following the other, and leads again as the process that it was."""
    gateway = start_gateway(f"redis://127.0.0.1:{pair.port}")
    epoch = publish(gateway, channel, "1", "2", "3", "4", "5")["epoch"]
    pair.keep()
    assert publish(gateway, channel, "6", "7", "8")["offset"] == 8
    pair.lead_to(pair.other)
    pair.one.client.replicaof("127.0.0.1", pair.other.port)
    until(lambda: in_step(pair.other, pair.one), 20, "the former primary does not follow")
    publish(gateway, f"{channel}/other", "something else")
    until(lambda: in_step(pair.other, pair.one), 20, "the former primary does not follow")
    pair.one.client.replicaof("NO", "ONE")
    pair.other.client.replicaof("127.0.0.1", pair.one.port)
    pair.lead_to(pair.one)
    wait_until_ready(gateway)
    assert_new_life(gateway, channel, epoch, kept=5, lost=8)


def test_a_restart_that_loses_nothing_is_no_gap(redis, start_gateway, channel):
    gateway = start_gateway(redis.url)
    with following(gateway, channel) as readers:
        epoch = publish(gateway, channel, "1", "2", "3")["epoch"]
        redis.kill()
        redis.start()
        publish(gateway, channel, "4")
        for reader in readers:
            reader.wait(lambda reader: reader.data == ["1", "2", "3", "4"])
            assert reader.gaps == []
        for offset in range(4):
            assert page(gateway, channel, f"{epoch}:{offset}")["complete"] is True
