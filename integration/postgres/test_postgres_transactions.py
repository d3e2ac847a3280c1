"""Publishing in one's own transaction: there when it commits, in the order of commits, and not at all if it does not."""

import threading

import psycopg
import pytest
from client import http
from following import following
from gateway import until
from native import publish
from psycopg import IsolationLevel
from scene import log_of

LEVELS = [IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ, IsolationLevel.SERIALIZABLE]
MODES = ["notify", "relay"]


@pytest.fixture(scope="module", params=MODES)
def mode(request):
    return request.param


@pytest.fixture
def postgres(shared, mode):
    return shared(**{"broker.postgres.publish": mode})[0]


@pytest.fixture
def gateway(shared, mode):
    return shared(**{"broker.postgres.publish": mode})[1]


@pytest.fixture
def job(postgres, channel):
    """A table of the producer's own."""
    name = "job_" + channel.partition(":")[2]
    postgres.query(f"CREATE TABLE {name} (id int)")
    return name


@pytest.fixture
def connect(postgres):
    """Connections whose transactions the test ends."""
    opened = []

    def connect(level=None):
        connection = postgres.connect(autocommit=False)
        connection.isolation_level = level
        opened.append(connection)
        return connection

    yield connect
    for connection in opened:
        connection.close()


def data(gateway, channel):
    return [text for _, text in log_of(gateway, channel)]


def wait_for(gateway, channel, expected):
    until(lambda: data(gateway, channel) == expected, 5, lambda: f"{data(gateway, channel)}, not {expected}")
    assert [offset for offset, _ in log_of(gateway, channel)] == list(range(1, len(expected) + 1))


def test_the_message_is_there_with_the_producers_own_work_and_not_before(postgres, gateway, channel, connect, job):
    producer = connect()
    producer.execute(f"INSERT INTO {job} VALUES (42)")
    publish(producer, channel, "done")
    gateway.publish(f"{channel}/sentinel", "x")
    assert data(gateway, channel) == [] and postgres.query(f"SELECT * FROM {job}") == []
    producer.commit()
    wait_for(gateway, channel, ["done"])
    assert postgres.query(f"SELECT id FROM {job}") == [(42,)]


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name.lower())
def test_what_is_rolled_back_was_never_there_and_leaves_no_hole(gateway, channel, connect, level):
    with following(gateway, channel) as readers:
        producer = connect(level)
        publish(producer, channel, "1")
        producer.commit()
        publish(producer, channel, "never")
        producer.rollback()
        publish(producer, channel, "2")
        with pytest.raises(ZeroDivisionError), producer.transaction():
            publish(producer, channel, "nor this")
            raise ZeroDivisionError
        with producer.transaction():
            publish(producer, channel, "3")
        producer.commit()
        for reader in readers:
            reader.wait(lambda reader: len(reader.data) >= 3)
            assert reader.data == ["1", "2", "3"]
            assert [message["offset"] for message in reader.messages] == [1, 2, 3]


@pytest.mark.parametrize("levels", [(one, other) for one in LEVELS for other in LEVELS], ids=lambda levels: "-".join(
    level.name.lower() for level in levels))
def test_offsets_are_in_the_order_of_commits(gateway, channel, connect, levels):
    with following(gateway, channel) as readers:
        early, late = map(connect, levels)
        publish(late, channel, "begun first")
        publish(early, channel, "begun second")
        early.commit()
        wait_for(gateway, channel, ["begun second"])
        gateway.publish(channel, "by http")
        late.commit()
        for reader in readers:
            reader.wait(lambda reader: reader.data == ["begun second", "by http", "begun first"])


def test_transactions_with_the_same_channels_in_any_order_do_not_deadlock(gateway, channel, connect):
    one, other = connect(), connect()
    names = [f"{channel}/{letter}" for letter in "abc"]
    for number in range(20):
        for name, opposite in zip(names, reversed(names)):
            publish(one, name, f"one {number}")
            publish(other, opposite, f"other {number}")
        committing = threading.Thread(target=one.commit)
        committing.start()
        other.commit()
        committing.join(10)
        assert not committing.is_alive()
    for name in names:
        until(lambda: len(data(gateway, name)) == 40, 5, "some are missing")


def test_the_order_within_a_transaction_is_kept_on_each_channel(gateway, channel, connect):
    producer = connect()
    for number in range(300):
        publish(producer, f"{channel}/{number % 2}", str(number))
    producer.commit()
    for half in (0, 1):
        wait_for(gateway, f"{channel}/{half}", [str(number) for number in range(300) if number % 2 == half])


def test_what_is_published_after_the_constraints_were_made_immediate_comes_behind(gateway, channel, connect):
    producer = connect()
    publish(producer, channel, "1")
    producer.execute("SET CONSTRAINTS ALL IMMEDIATE")
    publish(producer, channel, "2")
    producer.execute("SET CONSTRAINTS ALL DEFERRED")
    publish(producer, channel, "3")
    producer.commit()
    wait_for(gateway, channel, ["1", "2", "3"])


def test_a_producers_own_deferred_trigger_may_publish(postgres, gateway, channel, connect, job):
    postgres.query(f"""
        CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM telltale.publish('{channel}', 'job ' || new.id); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER told AFTER INSERT ON {job} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tell()""")
    producer = connect()
    publish(producer, channel, "before")
    producer.execute(f"INSERT INTO {job} VALUES (1), (2)")
    producer.commit()
    wait_for(gateway, channel, ["before", "job 1", "job 2"])


@pytest.mark.parametrize("mode", ["notify"], scope="module")
def test_a_refusal_at_the_commit_takes_the_producers_work_with_it(postgres, gateway, channel, connect, job):
    """The channel is closed between the publishing and the commit."""
    producer = connect()
    producer.execute(f"INSERT INTO {job} VALUES (1)")
    publish(producer, channel, "too late")
    gateway.publish(channel, "last", close=1)
    with pytest.raises(psycopg.Error) as refusal:
        producer.commit()
    assert refusal.value.sqlstate == "TT003" and refusal.value.diag.message_hint
    assert postgres.query(f"SELECT * FROM {job}") == []
    assert data(gateway, channel) == ["last"]


def test_a_refusal_can_be_caught_and_the_rest_goes_on(gateway, channel, connect):
    gateway.publish(f"{channel}/closed", "last", close=1)
    producer = connect()
    publish(producer, channel, "1")
    with pytest.raises(psycopg.Error) as refusal, producer.transaction():
        publish(producer, f"{channel}/closed", "x")
    assert refusal.value.sqlstate == "TT003"
    publish(producer, channel, "2")
    producer.commit()
    wait_for(gateway, channel, ["1", "2"])


@pytest.mark.parametrize("mode", ["relay"], scope="module")
def test_a_publication_that_the_relay_may_not_take_is_written_down(postgres, gateway, channel, connect):
    producer = connect()
    publish(producer, channel, "too late")
    gateway.publish(channel, "last", close=1)
    producer.commit()
    refused = f"SELECT channel, code FROM telltale.refused WHERE channel = '{channel}'"
    until(lambda: postgres.query(refused) == [(channel, "TT003")], 5, "nothing is written down")
    assert data(gateway, channel) == ["last"]


def test_large_messages_and_such_as_notify_cannot_carry(gateway, channel, connect):
    texts = ["x" * 7999, "ä" * 4000, "😀" * 15_000, "\n" * 8000, "small", "y" * 65_536]
    with following(gateway, channel) as readers:
        producer = connect()
        for text in texts:
            publish(producer, channel, text)
        producer.commit()
        # As bytes they are no text of SQL's, but HTTP takes them.
        gateway.publish(channel, "a\0b")
        for reader in readers:
            reader.wait(lambda reader: len(reader.messages) == len(texts) + 1)
        websocket = readers[1]
        assert websocket.data == [*texts, "a\0b"]


def test_a_session_that_ends_in_the_middle_has_published_nothing(postgres, gateway, channel, connect):
    producer = connect()
    publish(producer, channel, "never")
    producer.execute("SELECT 1")
    assert postgres.terminate("state = 'idle in transaction'") == 1
    other = connect()
    publish(other, channel, "1")
    other.commit()
    wait_for(gateway, channel, ["1"])
    assert http.get(gateway.url(channel)).json()["top"] == 1
