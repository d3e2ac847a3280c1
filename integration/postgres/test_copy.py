"""`telltale copy` between real brokers: what it brings, what it refuses, and what is there when it was killed."""

import signal
import threading

import pytest
from client import http
from copying import copied, run, start
from gateway import until
from native import publish
from scene import log_of
from servers.redis_cluster import ClusterSetup
from servers.redis_server import DURABLE, RedisServer

CHANNELS = 60


@pytest.fixture
def redis(tmp_path):
    server = RedisServer(tmp_path / "redis", *DURABLE)
    yield server.start()
    server.close()


@pytest.fixture
def cluster(tmp_path):
    setup = ClusterSetup(tmp_path / "cluster")
    yield setup.start()
    setup.close()


def fill(gateway, count=CHANNELS):
    for number in range(count):
        channel = f"copy:{number}"
        gateway.publish(channel, f"first of {number}", event="log")
        gateway.publish(channel, '{"n": %d}' % number, retain="state", fence=number + 1)
        gateway.publish(channel, "50 %", retain="progress", conflate=1)
        gateway.publish(channel, "ä\x00\n" * number, close=number % 7 == 0)


def everything(gateway, count=CHANNELS):
    return [http.get(gateway.url(f"copy:{number}"), params={"since": "earliest"}).json() for number in range(count)]


def test_all_channels_move_from_redis_to_postgres_to_a_cluster_and_back(redis, postgres, cluster, start_gateway):
    gateway = start_gateway(redis.url)
    fill(gateway)
    found = everything(gateway)
    gateway.stop()
    for source, target in ((redis, postgres), (postgres, cluster), (cluster, redis)):
        if target is redis:
            redis.client.flushall()
        said = copied(source, target)
        assert f"copied {CHANNELS} channels, {3 * CHANNELS} messages" in said, said
        assert "copied 0 channels" in copied(source, target)
    gateway.settings["broker.url"] = postgres.url
    gateway.start()
    assert everything(gateway) == found
    gateway.stop()
    gateway.settings["broker.url"] = redis.url
    gateway.start()
    assert everything(gateway) == found


def test_the_leases_and_lists_of_tasks_go_along(redis, postgres, cluster, start_gateway):
    start_gateway(postgres).stop()
    postgres.query("SELECT telltale.task('7', 'started', lease => 600), telltale.task('8', 'queued')")
    rows = "SELECT channel, state, created, (due - telltale.milliseconds()) / 60000 FROM telltale.task ORDER BY 1"
    before = postgres.query(rows)
    assert [row[:2] for row in before] == [("task:7", "started"), ("task:8", "queued")]
    for source, target in ((postgres, redis), (redis, cluster)):
        said = copied(source, target)
        assert "copied 2 channels" in said and "the leases of 2 tasks" in said, said
    postgres.query("DELETE FROM telltale.task")
    said = copied(cluster, postgres)
    assert "copied 0 channels" in said and "the leases of 2 tasks" in said, said
    after = postgres.query(rows)
    assert [row[:3] for row in after] == [row[:3] for row in before]
    assert all(0 <= was[3] - now[3] <= 2 for was, now in zip(before, after))


def test_the_settings_of_brokers_in_use_stay_as_they_are(redis, postgres, start_gateway):
    start_gateway(redis.url, {"limits.message_bytes": "100KiB", "namespaces.short.history.messages": 3})
    start_gateway(postgres, {"limits.message_bytes": "200KiB"})

    def settings():
        return redis.client.function_list(withcode=True), postgres.query("SELECT * FROM telltale.setting"), postgres.query("TABLE telltale.policy")

    before = settings()
    copied(redis, postgres)
    copied(postgres, redis)
    assert settings() == before


def test_publishers_may_write_while_it_runs(redis, postgres, start_gateway, writers=4):
    gateway = start_gateway(redis.url)
    for number in range(writers):
        for _ in range(20):
            gateway.publish(f"busy:{number}", "x" * 60_000)
    fill(gateway, 20)
    gateway.stop()
    leaving = threading.Event()

    def write(number):
        count = 0
        while not leaving.is_set():
            count += 1
            redis.client.fcall("telltale_publish", 1, f"busy:{number}", f"{number}-{count}")

    threads = [threading.Thread(target=write, args=[number], daemon=True) for number in range(writers)]
    for thread in threads:
        thread.start()
    status, output, error = run(redis, postgres)
    leaving.set()
    for thread in threads:
        thread.join()
    if status == 1:
        assert output.startswith("not complete: ") and "busy:" in error and "published to" in error, output + error
    assert copied(redis, postgres).startswith(f"complete: the target has {20 + writers} channels")

    there = {number: log_of(gateway, f"busy:{number}") for number in range(writers)} if gateway.start() else {}
    gateway.stop()
    gateway.settings["broker.url"] = postgres.url
    gateway.start()
    assert {number: log_of(gateway, f"busy:{number}") for number in range(writers)} == there


def test_what_waits_for_a_relay_comes_along(redis, postgres, start_gateway):
    start_gateway(postgres, {"broker.postgres.publish": "relay"}).stop()
    with postgres.connect() as producer:
        for number in range(3):
            publish(producer, "late", f"{number}")
    copied(postgres, redis)
    gateway = start_gateway(redis.url)
    assert [data for _, data in log_of(gateway, "late")] == ["0", "1", "2"]


def large(gateway):
    for _ in range(100):
        lines = "\n".join("x" * 1000 for _ in range(100))
        http.post(gateway.url("large"), params={"lines": 1}, content=lines.encode()).raise_for_status()
    return log_of(gateway, "large")


def kill_in_the_middle(source, target, has_begun):
    process = start(source, target)
    until(lambda: has_begun() or process.poll() is not None, 30, "the copy does not begin")
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was over before it was killed"


def test_a_copy_to_postgres_that_was_killed_is_nowhere_to_be_seen(redis, postgres, start_gateway):
    gateway, target = start_gateway(redis.url), start_gateway(postgres)
    log = large(gateway)
    kill_in_the_middle(redis, postgres, lambda: postgres.query("SELECT 1 FROM telltale.message LIMIT 1"))
    assert http.get(f"{target.base_url}/v1/channels").json()["channels"] == []
    copied(redis, postgres)
    assert log_of(target, "large") == log
    # What was left behind is rubbish in the end.
    postgres.query("UPDATE telltale.restoring SET touched_at = touched_at - interval '10 minutes'")
    until(lambda: postgres.query("SELECT count(*) FROM telltale.message") == [(len(log),)], 30, "what was left is not removed")


def test_a_copy_to_redis_that_was_killed_is_nowhere_to_be_seen(redis, postgres, start_gateway):
    gateway, target = start_gateway(postgres), start_gateway(redis.url)
    log = large(gateway)

    def left():
        return redis.client.keys("telltale:{large}~copy-*")

    kill_in_the_middle(postgres, redis, left)
    assert http.get(f"{target.base_url}/v1/channels").json()["channels"] == []
    assert all(0 < redis.client.ttl(key) <= 600 for key in left())
    copied(postgres, redis)
    assert log_of(target, "large") == log


def test_channels_that_are_others_or_have_gone_on_are_refused_by_name(redis, postgres, start_gateway):
    source, target = start_gateway(redis.url), start_gateway(postgres)
    source.publish("ahead", "1")
    copied(redis, postgres)
    target.publish("ahead", "2")
    source.publish("other", "there")
    target.publish("other", "here")
    source.publish("fine", "1")
    status, output, error = run(redis, postgres)
    lines = sorted(line for line in error.splitlines() if "was not copied" in line)
    assert status == 1 and output.startswith("not complete: the target has 1 channels"), output
    assert len(lines) == 2, error
    assert lines[0].startswith("telltale: ahead was not copied: the target has gone on to ")
    assert lines[1].startswith("telltale: other was not copied: the target has another channel of this name ")
    assert [log_of(target, name) for name in ("ahead", "other", "fine")] == [[(1, "1"), (2, "2")], [(1, "here")], [(1, "1")]]


def test_what_the_target_acknowledged_after_a_copy_stays_though_the_source_is_far_ahead(redis, postgres, start_gateway):
    source, target = start_gateway(redis.url), start_gateway(postgres)
    source.publish("both", "1")
    source.publish("both", "2")
    copied(redis, postgres)
    epoch = target.publish("both", "of the target")["epoch"]
    # So many that the source's log has offset 3 no more.
    for _ in range(14):
        http.post(source.url("both"), params={"lines": 1}, content=b"\n".join([b"of the source"] * 107)).raise_for_status()
    status, output, error = run(redis, postgres)
    assert status == 1 and output.startswith("not complete: the target has 0 channels"), output
    assert error.splitlines()[-1] == (
        f"telltale: both was not copied: the target has gone on to {epoch}:3 by itself, and the source to {epoch}:1500: "
        "delete one of them")
    assert log_of(target, "both") == [(1, "1"), (2, "2"), (3, "of the target")]


def test_readers_of_the_target_see_what_comes_by_a_copy(redis, postgres, start_gateway):
    source, target = start_gateway(redis.url), start_gateway(postgres)
    source.publish("news", "1")
    copied(redis, postgres)
    epoch = source.publish("news", "2")["epoch"]
    found = []

    def wait():
        found.append(http.get(target.url("news"), params={"wait": 20, "since": f"{epoch}:1"}).json())

    waiting = threading.Thread(target=wait)
    waiting.start()
    until(lambda: postgres.query("SELECT 1 FROM pg_stat_activity WHERE query ILIKE '%recover%'") or not waiting.is_alive(), 10, "nobody asks")
    copied(redis, postgres)
    waiting.join()
    assert [message["data"] for message in found[0]["messages"]] == ["2"]


def refused(status, source, target, *words, **options):
    found, output, error = run(source, target, **options)
    assert (found, output) == (status, "") and len(error.splitlines()) == 1, (found, output, error)
    for word in words:
        assert word in error, error


def test_what_can_not_work_is_one_line(redis, postgres, start_gateway):
    refused(2, "memory:", redis, "--from", "memory: lives in one process")
    refused(2, redis, "ftp://x", "--to", "no known kind of broker")
    refused(2, redis, redis, "the same broker")
    refused(1, "redis://127.0.0.1:1", postgres, "--from", "can't be reached")
    refused(1, redis, "postgres://postgres@127.0.0.1:1/postgres", "--to", "can't be reached")
    postgres.query("CREATE DATABASE empty")
    refused(1, f"{postgres.url.removesuffix('postgres')}empty", redis, "--from", "no channels to copy", "telltale")
    redis.client.acl_setuser(
        "worker", enabled=True, passwords=["+secret"], keys=["telltale:*"], channels=["telltale:*"],
        commands=["+info", "+ping", "+scan", "+client|setname"])
    refused(1, redis.url.replace("//", "//worker:secret@"), postgres, "--from", "user worker may not", "ACL SETUSER worker +")
    start_gateway(postgres)
    postgres.query("CREATE ROLE copier LOGIN")
    postgres.query("GRANT USAGE ON SCHEMA telltale TO copier")
    postgres.query("GRANT SELECT ON telltale.setting TO copier")
    refused(1, redis, postgres.url.replace("postgres@", "copier@"), "--to", "GRANT EXECUTE ON FUNCTION", "restore_commit")


def test_the_rights_that_the_readme_names_are_enough(redis, postgres, start_gateway):
    rights = "+info +evalsha +script|load +scan +time +exists +hget +hmget +hset +pttl +pexpire +unlink +rename +publish"
    rights += " +zrange +zrank +zcount +zscore +zmscore +zadd"
    source = start_gateway(redis.url)
    source.publish("news", "1", retain="k")
    http.post(source.url("news"), content=b"2", headers={"Idempotency-Key": "2"})
    start_gateway(postgres).stop()
    postgres.query("SELECT telltale.task('7', 'started')")
    assert "the leases of 1 tasks" in copied(postgres, redis)
    redis.client.acl_setuser(
        "copier", enabled=True, passwords=["+secret"], keys=["telltale:*"], channels=["telltale:*"],
        commands=[*rights.split(), "+ping", "+client|setname"])
    copied(redis.url.replace("//", "//copier:secret@"), postgres)
    redis.client.flushall()
    copied(postgres, redis.url.replace("//", "//copier:secret@"))
