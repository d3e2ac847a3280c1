"""What the server runs out of, or somebody keeps for himself: told, bounded, and over when it is over."""

import pytest
from client import http
from following import following
from gateway import until
from publishing import ANSWER_SECONDS
from scene import scene
from servers.small_disk import SmallDisk


def assert_refused_because_of(gateway, channel, word):
    answer = http.post(gateway.url(channel), content="x")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    assert word in answer.json()["detail"]


def test_a_channel_that_somebody_has_locked_delays_no_other(postgres, start_gateway, channel):
    gateway = start_gateway(postgres)
    other = f"{channel}/other"
    with scene(gateway, channel) as play, scene(gateway, other) as free, postgres.connect(autocommit=False) as somebody:
        somebody.execute("SELECT FROM telltale.channel WHERE name = %s FOR UPDATE", (channel,))
        play.publisher.be_refused(1)
        free.publisher.slowest = 0
        play.publisher.be_refused(1)
        free.publisher.go_on(100)
        assert free.publisher.slowest < 1
        assert_refused_because_of(gateway, channel, "locked")
        # Who reads, and who comes, need no lock.
        assert http.get(gateway.url(channel)).elapsed.total_seconds() < 1
        with following(gateway, channel):
            assert play.is_ready()
        somebody.rollback()
        play.publisher.go_on()
        assert free.publisher.refusals == 0
        play.assert_all_seen_once_in_order()
        free.assert_all_seen_once_in_order()


def test_a_deletion_of_a_locked_channel_is_refused_in_time(postgres, start_gateway, channel):
    gateway = start_gateway(postgres)
    gateway.publish(channel, "x")
    with postgres.connect(autocommit=False) as somebody:
        somebody.execute("SELECT FROM telltale.channel WHERE name = %s FOR UPDATE", (channel,))
        answer = http.delete(gateway.url(channel))
        assert (answer.status_code, answer.elapsed.total_seconds() < ANSWER_SECONDS) == (503, True)
    assert http.delete(gateway.url(channel)).status_code in (200, 204)


def test_a_lock_that_is_held_for_a_moment_refuses_nobody(postgres, start_gateway, channel):
    gateway = start_gateway(postgres)
    with scene(gateway, channel) as play:
        for _ in range(5):
            with postgres.connect(autocommit=False) as somebody:
                somebody.execute("SELECT pg_sleep(0.3) FROM telltale.channel WHERE name = %s FOR UPDATE", (channel,))
            play.publisher.go_on(5)
        assert play.publisher.refusals == 0
        play.assert_all_seen_once_in_order()


@pytest.mark.parametrize("mode", ["notify", "relay"])
def test_a_transaction_that_has_published_and_stays_open_delays_nobody(postgres, start_gateway, channel, mode):
    gateway = start_gateway(postgres, {"broker.postgres.publish": mode})
    with scene(gateway, channel) as play, postgres.connect(autocommit=False) as somebody:
        somebody.execute("SELECT telltale.publish(%s, 'late')", (channel,))
        play.publisher.go_on(50)
        before = play.publisher.receipts[-1]["offset"]
        somebody.commit()
        for reader in play.readers:
            reader.wait(lambda reader: "late" in reader.data)
            (late,) = [message for message in reader.messages if message["data"] == "late"]
            assert late["offset"] > before
        assert play.publisher.refusals == 0
        play.publisher.finish()


def test_a_table_that_is_locked_refuses_publishers_and_goes_on_when_it_is_not(postgres, start_gateway, channel):
    gateway = start_gateway(postgres)
    with scene(gateway, channel) as play:
        with postgres.connect(autocommit=False) as somebody:
            somebody.execute("LOCK TABLE telltale.channel IN ACCESS EXCLUSIVE MODE")
            play.publisher.be_refused(1)
        play.publisher.go_on()
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()


def test_a_read_only_server_refuses_publishers_and_can_still_be_read(postgres, start_gateway, channel):
    gateway = start_gateway(postgres)
    with scene(gateway, channel) as play:
        postgres.change(default_transaction_read_only="on")
        play.publisher.be_refused()
        assert_refused_because_of(gateway, channel, "only")
        assert http.get(gateway.url(channel)).status_code == 200
        postgres.change(default_transaction_read_only=None)
        play.publisher.go_on()
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()


def test_a_role_without_a_connection_left(postgres, start_gateway, channel):
    postgres.query("CREATE ROLE gateway LOGIN")
    postgres.query("GRANT CREATE ON DATABASE postgres TO gateway")
    gateway = start_gateway(f"postgres://gateway@127.0.0.1:{postgres.port}/postgres")
    with scene(gateway, channel) as play:
        postgres.query("ALTER ROLE gateway CONNECTION LIMIT 0")
        postgres.terminate("usename = 'gateway'")
        play.publisher.be_refused()
        play.wait_until_not_ready()
        # Each of the gateway's connections learns it by itself.
        until(lambda: "too many connections" in play.publisher.refusal, 5, lambda: play.publisher.refusal)
        postgres.query("ALTER ROLE gateway CONNECTION LIMIT -1")
        play.publisher.go_on()
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()


def test_a_full_disk_refuses_publishers_and_goes_on_when_there_is_room(start_server, start_gateway, channel):
    server = start_server(SmallDisk)
    gateway = start_gateway(server)
    with scene(gateway, channel) as play:
        server.fill()
        play.publisher.bytes = 20_000
        play.publisher.be_refused(10)
        assert http.get(gateway.url(channel)).status_code == 200, "what is there can still be read"
        assert "space" in play.publisher.refusal
        server.make_room()
        play.publisher.go_on()
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()


# What a COMMIT says when it finds the server's queue of notifications full. To fill a real one takes 8 GB and minutes.
FULL_QUEUE = """
CREATE FUNCTION full_queue() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE 'too many notifications in the NOTIFY queue' USING ERRCODE = '54000'; END $$;
CREATE CONSTRAINT TRIGGER full_queue AFTER INSERT ON telltale.message
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION full_queue();
"""


def test_a_full_queue_of_notifications_refuses_publishers_and_goes_on_when_there_is_room(postgres, start_gateway, channel):
    gateway = start_gateway(postgres)
    with scene(gateway, channel) as play:
        postgres.query(FULL_QUEUE)
        play.publisher.be_refused()
        assert "notification queue is full" in play.publisher.refusal
        assert http.get(gateway.url(channel)).status_code == 200
        postgres.query("DROP TRIGGER full_queue ON telltale.message")
        play.publisher.go_on()
        play.wait_until_ready()
        play.assert_all_seen_once_in_order()
