"""Acknowledged writes that a failover or a backup has lost: whoever saw them is told, and nobody skips what came in their place."""

import shutil

import psycopg
import pytest
from following import following
from gateway import until
from losing import (
    assert_backwards_is_a_gap,
    assert_others_go_on,
    assert_two_lives_are_remembered,
    page,
    publish,
    wait_until_ready,
)
from native import publish as publish_natively
from servers.postgres_replica import ReplicaSetup, copy
from servers.postgres_server import PostgresServer


class Backup:
    """A server that comes back from an old copy of its data."""

    def __init__(self, start_server):
        self.server = start_server()
        self.url, self.settings = self.server.url, {}
        self._copy = self.server.folder / "copy"

    def keep(self):
        shutil.rmtree(self._copy, ignore_errors=True)
        copy(self.server, self._copy)

    def lose(self):
        self.server.kill()
        shutil.rmtree(self.server.data)
        self._copy.rename(self.server.data)
        self.server.start()


class Partition:
    """A replica that is promoted while the primary still takes writes, and then the primary is lost."""

    def __init__(self, start_server):
        self.pair = start_server(ReplicaSetup)
        self.url, self.settings = self.pair.url, {}

    def keep(self):
        self.pair.wait_until_in_step()
        self.pair.promote()

    def lose(self):
        self.pair.first.kill()


@pytest.fixture(params=[Backup, Partition])
def losing(request, start_server):
    return request.param(start_server)


def test_offsets_that_run_backwards_are_a_gap(losing, start_gateway, channel):
    assert_backwards_is_a_gap(start_gateway(losing), channel, losing)


def test_readers_who_were_not_above_go_on_without_a_gap(losing, start_gateway, channel):
    assert_others_go_on(start_gateway(losing), channel, losing)


def test_positions_of_two_lives_ago_are_still_known_for_what_they_are(start_server, start_gateway, channel):
    losing = Backup(start_server)
    assert_two_lives_are_remembered(start_gateway(losing), channel, losing)


@pytest.mark.parametrize("mode", ["notify", "relay"])
def test_native_messages_that_were_lost_are_told_too(start_server, start_gateway, channel, mode):
    pair = start_server(ReplicaSetup)
    gateway = start_gateway(pair, {"broker.postgres.publish": mode})
    with following(gateway, channel) as readers, pair.first.connect() as first:
        publish_natively(first, channel, "1")
        pair.wait_until_in_step()
        pair.promote()
        publish_natively(first, channel, "lost")
        for reader in readers:
            reader.wait(lambda reader: reader.data == ["1", "lost"])
        pair.first.kill()
        with pair.second.connect() as second:
            publish_natively(second, channel, "2")
        for reader in readers:
            reader.wait(lambda reader: reader.data[-1:] == ["2"])
            assert len(reader.gaps) == 1


def log_writer(server):
    """The process that writes what commits do not wait for; None: the server takes nobody in."""
    try:
        return server.query("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'")
    except psycopg.OperationalError:
        return None


def test_a_server_that_starts_all_over_by_itself_and_had_not_written_everything(start_server, start_gateway, channel):
    """With `synchronous_commit = off`, and a process that dies, messages are lost while the server goes on under the same number."""
    server = start_server(PostgresServer, "synchronous_commit = off")
    gateway = start_gateway(server)
    with following(gateway, channel) as readers:
        publish(gateway, channel, "1")
        server.query("CHECKPOINT")
        ((writer,),) = log_writer(server)
        server.pause_child(writer)
        publish(gateway, channel, "lost")
        for reader in readers:
            reader.wait(lambda reader: reader.data == ["1", "lost"])
        server.kill_child(writer)
        until(lambda: log_writer(server) not in (None, [(writer,)]), 20, "it does not start all over")
        publish(gateway, channel, "2")
        wait_until_ready(gateway)
        assert [message["data"] for message in page(gateway, channel, "earliest")["messages"]] == ["1", "2"]
        for reader in readers:
            reader.wait(lambda reader: reader.data[-1:] == ["2"])
            assert len(reader.gaps) == 1


def test_a_restart_that_loses_nothing_is_no_gap(postgres, start_gateway, channel):
    gateway = start_gateway(postgres)
    with following(gateway, channel) as readers:
        epoch = publish(gateway, channel, "1", "2", "3")["epoch"]
        postgres.kill()
        postgres.start()
        publish(gateway, channel, "4")
        for reader in readers:
            reader.wait(lambda reader: reader.data == ["1", "2", "3", "4"])
            assert reader.gaps == []
        for offset in range(4):
            assert page(gateway, channel, f"{epoch}:{offset}")["complete"] is True
