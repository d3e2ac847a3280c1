"""Whatever happens to the connections or the server: readers miss nothing, publishers are told at once, /readyz tells the operator."""

import json

import pytest
from client import http
from following import KINDS
from gateway import until
from publishing import ANSWER_SECONDS
from raw import TEXT, WebSocketConnection, frame
from scene import log_of, scene
from servers.pgbouncer import PooledSetup

MANY = 500
# Half of what a query may take.
AT_ONCE_SECONDS = 1
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


class Down:
    """Killed; started again on the same port."""

    def begin(self, postgres, paths):
        postgres.kill()

    def end(self, postgres, paths):
        postgres.start()


class Stopped:
    """SIGSTOP: the kernel takes everything and the server answers nothing."""

    def begin(self, postgres, paths):
        postgres.pause()

    def end(self, postgres, paths):
        postgres.resume()


class HalfOpen:
    """Nothing comes through, nothing fails; new connections as well."""

    def begin(self, postgres, paths):
        for path in paths.both:
            path.stall()

    def end(self, postgres, paths):
        for path in paths.both:
            path.flow()


class QueriesHalfOpen:
    """Announcements could come, but there are none."""

    def begin(self, postgres, paths):
        paths.queries.stall()

    def end(self, postgres, paths):
        paths.queries.flow()


class Closed:
    """The database takes no connections any more, and those that there were are ended."""

    def begin(self, postgres, paths):
        postgres.query("ALTER DATABASE postgres ALLOW_CONNECTIONS false", dbname="template1")
        postgres.terminate("datname = 'postgres'", dbname="template1")

    def end(self, postgres, paths):
        postgres.query("ALTER DATABASE postgres ALLOW_CONNECTIONS true", dbname="template1")


@pytest.mark.parametrize(
    "outage", [Down(), Stopped(), HalfOpen(), QueriesHalfOpen(), Closed()], ids=lambda outage: type(outage).__name__)
def test_an_outage_is_told_at_once_and_nothing_is_missing_after_it(postgres, paths, start_gateway, channel, outage):
    gateway = start_gateway(paths)
    with scene(gateway, channel) as play:
        outage.begin(postgres, paths)
        try:
            play.publisher.be_refused()
            play.wait_until_not_ready()
            # From now on nobody waits for a timeout.
            play.publisher.slowest = 0
            play.publisher.be_refused(10)
            assert play.publisher.slowest < AT_ONCE_SECONDS
            assert http.get(f"{gateway.base_url}/healthz").status_code == 200
        finally:
            outage.end(postgres, paths)
        play.wait_until_ready()
        play.publisher.go_on()
        play.assert_all_seen_once_in_order()


def test_readers_that_come_during_an_outage_get_everything_when_it_is_over(postgres, start_gateway, channel):
    gateway = start_gateway(postgres)
    with scene(gateway, channel) as play:
        postgres.kill()
        play.publisher.be_refused()
        late = [kind(gateway, channel) for kind in KINDS.values()]
        for reader in late:
            reader.start()
        play.publisher.be_refused()
        postgres.start()
        try:
            play.publisher.go_on()
            came = [reader for reader in late if not reader.problem]
            # Who is refused instead is told when to come back, which an EventSource and every client do.
            assert all("503" in str(reader.problem) or "101" in str(reader.problem) for reader in late if reader not in came)
            play.readers += came
            play.assert_all_seen_once_in_order()
        finally:
            for reader in late:
                reader.leave()


def test_many_channels_are_all_attached_again(postgres, start_gateway, channel):
    gateway = start_gateway(postgres, {"limits.subscriptions": MANY})
    names = [f"{channel}/{number}" for number in range(MANY)]
    with WebSocketConnection(gateway) as connection:
        assert connection.message()["type"] == "open"
        for name in names:
            connection.send(frame(TEXT, json.dumps({"type": "subscribe", "channel": name}).encode()))
        assert {connection.message()["channel"] for _ in names} == set(names)
        postgres.kill()
        postgres.start()
        until(lambda: http.get(f"{gateway.base_url}/readyz").status_code == 200, 30, "/readyz does not come back")
        for name in names:
            gateway.publish(name, "x")
        found = [connection.message() for _ in names]
        assert {message["type"] for message in found} == {"message"}
        assert {message["channel"] for message in found} == set(names)


def test_a_channel_that_somebody_deletes_by_hand_is_a_gap_and_goes_on_in_another_epoch(postgres, start_gateway, channel):
    gateway = start_gateway(postgres)
    with scene(gateway, channel) as play:
        play.publisher.finish()
        before = play.publisher.receipts[-1]
        for reader in play.readers:
            reader.wait(lambda reader: reader.messages and reader.messages[-1]["offset"] == before["offset"])
        postgres.query("TRUNCATE telltale.channel, telltale.message, telltale.retained, telltale.idempotency")
        receipts = [gateway.publish(channel, f"after {number}") for number in range(3)]
        assert [receipt["offset"] for receipt in receipts] == [1, 2, 3]
        assert receipts[0]["epoch"] != before["epoch"]
        for reader in play.readers:
            reader.wait(lambda reader: reader.data[-3:] == ["after 0", "after 1", "after 2"])
            (gap,) = reader.gaps
            assert (gap["reason"], gap["epoch"], gap["have_from"]) == ("epoch", receipts[0]["epoch"], 1)


def test_everything_else_is_told_as_unavailable_too(postgres, start_gateway, channel):
    gateway = start_gateway(postgres)
    gateway.publish(channel, "x")
    postgres.kill()
    answers = [
        http.post(f"{gateway.base_url}/v1/publish", content='{"channel":"a","data":"x"}', headers={"Content-Type": "application/x-ndjson"}),
        http.post(gateway.url(channel), params={"lines": 1}, content="one\ntwo"),
        http.delete(gateway.url(channel)),
        http.get(gateway.url(channel)),
        http.get(f"{gateway.base_url}/v1/channels"),
    ]
    batch, *others = answers
    assert batch.json()["code"] == "unavailable"
    for answer in others:
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
        assert int(answer.headers["retry-after"]) > 0
        assert answer.elapsed.total_seconds() < ANSWER_SECONDS
    postgres.start()
    until(lambda: http.get(f"{gateway.base_url}/readyz").status_code == 200, 30, "/readyz does not come back")
    assert log_of(gateway, channel) == [(1, "x")]


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
