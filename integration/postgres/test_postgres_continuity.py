"""Whatever happens to the connections or the server: readers miss nothing, publishers are told at once, /readyz tells the operator."""

import pytest
from outages import (
    MANY,
    Down,
    HalfOpen,
    Stopped,
    assert_all_attached_again,
    assert_everything_unavailable,
    assert_gap_after_deletion,
    assert_late_readers_get_everything,
    assert_told_at_once,
)
from scene import scene
from servers.pgbouncer import PooledSetup

OURS = "application_name LIKE 'telltale%'"


def cut_both(postgres, paths):
    for path in paths.both:
        path.cut()


def cut_queries(postgres, paths):
    paths.queries.cut()


def cut_listening(postgres, paths):
    paths.listening.cut()


def terminate_everybody(postgres, paths):
    assert postgres.terminate() > 0


def restart(postgres, paths):
    postgres.restart()


def crash(postgres, paths):
    postgres.kill()
    postgres.start()


def kill_one_backend(postgres, paths):
    ((pid,),) = postgres.query(f"SELECT pid FROM pg_stat_activity WHERE {OURS} LIMIT 1")
    postgres.kill_child(pid)


FAULTS = [cut_both, cut_queries, cut_listening, terminate_everybody, restart, crash, kill_one_backend]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_readers_miss_nothing_when_a_moment_is_lost(postgres, paths, start_gateway, channel, fault):
    gateway = start_gateway(paths)
    with scene(gateway, channel) as play:
        for _ in range(2):
            fault(postgres, paths)
            play.publisher.go_on()
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()


class QueriesHalfOpen:
    """Announcements could come, but there are none."""

    def begin(self, postgres, ways):
        ways[0].stall()

    def end(self, postgres, ways):
        ways[0].flow()


class Closed:
    """The database takes no connections any more, and those that there were are ended."""

    def begin(self, postgres, ways):
        postgres.query("ALTER DATABASE postgres ALLOW_CONNECTIONS false", dbname="template1")
        postgres.terminate("datname = 'postgres'", dbname="template1")

    def end(self, postgres, ways):
        postgres.query("ALTER DATABASE postgres ALLOW_CONNECTIONS true", dbname="template1")


@pytest.mark.parametrize(
    "outage", [Down(), Stopped(), HalfOpen(), QueriesHalfOpen(), Closed()], ids=lambda outage: type(outage).__name__)
def test_an_outage_is_told_at_once_and_nothing_is_missing_after_it(postgres, paths, start_gateway, channel, outage):
    assert_told_at_once(start_gateway(paths), channel, outage, postgres, paths.both)


def test_readers_that_come_during_an_outage_get_everything_when_it_is_over(postgres, start_gateway, channel):
    assert_late_readers_get_everything(start_gateway(postgres), channel, postgres)


def test_many_channels_are_all_attached_again(postgres, start_gateway, channel):
    assert_all_attached_again(start_gateway(postgres, {"limits.subscriptions": MANY}), channel, postgres)


def test_a_channel_that_somebody_deletes_by_hand_is_a_gap_and_goes_on_in_another_epoch(postgres, start_gateway, channel):
    tables = "telltale.channel, telltale.message, telltale.retained, telltale.idempotency"
    assert_gap_after_deletion(start_gateway(postgres), channel, lambda: postgres.query(f"TRUNCATE {tables}"))


def test_everything_else_is_told_as_unavailable_too(postgres, start_gateway, channel):
    assert_everything_unavailable(start_gateway(postgres), channel, postgres)


def test_a_unix_socket_does_as_well(postgres, start_gateway, channel):
    gateway = start_gateway(f"host={postgres.folder} port={postgres.port} user=postgres dbname=postgres")
    with scene(gateway, channel) as play:
        postgres.restart()
        play.publisher.go_on()
        play.assert_all_seen_once_in_order()


def test_a_pooler_that_is_killed_and_started_again(start_server, start_gateway, channel):
    pooled = start_server(PooledSetup)
    gateway = start_gateway(pooled)
    with scene(gateway, channel) as play:
        for server in (pooled.bouncer, pooled.server):
            server.kill()
            play.publisher.be_refused()
            server.start()
            play.publisher.go_on()
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()
