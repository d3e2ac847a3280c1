"""The relay: publications that are given their offsets after their transaction."""

import psycopg
import pytest
from conftest import rendered
from servers.postgres_server import PostgresServer
from writing import Publication, append, arrived, bucket, listen, offsets


@pytest.fixture
def relayed(db):
    db.execute("SELECT telltale.configure('{\"publish\": \"relay\"}')")
    return db


def test_a_relayed_publication_waits_for_the_relay_and_makes_no_notification(relayed, connect):
    listener = connect()
    listen(listener)
    listener.execute("LISTEN telltale_relay")
    relayed.execute("SELECT telltale.publish('a', 'x')")
    assert arrived(listener, relayed) == []
    assert offsets(relayed, "a") == []
    assert relayed.execute("SELECT * FROM telltale.relay('', 10)").fetchone() == (1, 0, "")
    assert [n.channel for n in arrived(listener, relayed)] == [bucket("a")]
    assert relayed.execute("SELECT count(*) FROM telltale.outbox").fetchone() == (0,)


def test_the_relay_goes_round_all_channels_with_as_much_as_it_may_take(relayed):
    for name in ["a", "b", "c"]:
        for number in range(10):
            relayed.execute("SELECT telltale.publish(%s, %s)", (name, str(number)))
    rounds, following = [], ""
    while relayed.execute("SELECT EXISTS (SELECT FROM telltale.outbox)").fetchone()[0]:
        taken, _, following = relayed.execute("SELECT * FROM telltale.relay(%s, 2)", (following,)).fetchone()
        rounds.append((taken, following))
    assert rounds[:3] == [(2, "b"), (2, ""), (2, "b")]
    for name in ["a", "b", "c"]:
        rows = relayed.execute("SELECT data FROM telltale.log WHERE channel = %s ORDER BY \"offset\"", (name,)).fetchall()
        assert [int(row[0]) for row in rows] == list(range(10))


def test_what_its_channel_refuses_is_written_down(relayed):
    append(relayed, Publication("a", key="k", fence=7))
    relayed.execute("SELECT telltale.publish('a', 'x', retain => 'k', expect => 0, id => 'mine')")
    relayed.execute("SELECT telltale.publish('a', 'y')")
    assert relayed.execute("SELECT * FROM telltale.relay('', 10)").fetchone() == (1, 1, "")
    assert relayed.execute("SELECT channel, id, code FROM telltale.refused").fetchall() == [("a", "mine", "TT005")]
    assert offsets(relayed, "a") == [1, 2]


def test_the_relay_leaves_alone_what_others_hold(relayed, connect):
    holder = connect()
    for name in ["a", "b"]:
        append(relayed, Publication(name))
        relayed.execute("SELECT telltale.publish(%s, 'x')", (name,))
    with holder.transaction():
        holder.execute("SELECT FROM telltale.channel WHERE name = 'a' FOR UPDATE")
        assert relayed.execute("SELECT * FROM telltale.relay('', 10)").fetchone() == (1, 0, "")
    assert (offsets(relayed, "a"), offsets(relayed, "b")) == ([1], [1, 2])


def test_whoever_publishes_directly_takes_first_what_was_committed_before(relayed):
    relayed.execute("SELECT telltale.publish('a', 'first')")
    assert append(relayed, Publication("a", b"second"))[0].endswith(" 2")
    relayed.execute("SELECT telltale.publish('a', 'third')")
    relayed.execute("SELECT telltale.configure('{\"publish\": \"notify\"}')")
    relayed.execute("SELECT telltale.publish('a', 'fourth')")
    assert [row[0] for row in relayed.execute("SELECT data FROM telltale.log ORDER BY \"offset\"")] == ["first", "second", "third", "fourth"]


def test_a_channel_with_too_much_before_it_is_busy_until_that_is_taken(relayed):
    with relayed.transaction():
        relayed.execute("SELECT telltale.publish('a', i::text) FROM generate_series(1, 1500) AS i")
    assert append(relayed, Publication("a"), Publication("b"))[0] == "busy"
    assert append(relayed, Publication("a"))[0].endswith(" 1501")


def test_what_was_committed_without_its_trigger_is_not_left_for_ever(db):
    with db.transaction():
        db.execute("SET LOCAL session_replication_role = replica")
        db.execute("SELECT telltale.publish('a', 'x')")
    assert offsets(db, "a") == []
    assert db.execute("SELECT taken FROM telltale.relay('', 10)").fetchone() == (1,)
    assert offsets(db, "a") == [1]


def test_a_prepared_transaction_may_publish_through_the_relay_and_not_by_itself():
    """What notifies can't be prepared: that is PostgreSQL's rule."""
    server = PostgresServer("max_prepared_transactions = 2")
    try:
        server.start()
        with psycopg.connect(server.url, autocommit=True) as db:
            db.execute(rendered("telltale"))
            db.execute("BEGIN")
            db.execute("SELECT telltale.publish('a', 'x')")
            with pytest.raises(psycopg.errors.FeatureNotSupported):
                db.execute("PREPARE TRANSACTION 'one'")
            db.execute("SELECT telltale.configure('{\"publish\": \"relay\"}')")
            for name in ("kept", "dropped"):
                db.execute("BEGIN")
                db.execute("SELECT telltale.publish('a', %s)", (name,))
                db.execute(f"PREPARE TRANSACTION '{name}'")
            assert db.execute("SELECT * FROM telltale.relay('', 10)").fetchone() == (0, 0, "")
            db.execute("COMMIT PREPARED 'kept'")
            db.execute("ROLLBACK PREPARED 'dropped'")
            assert db.execute("SELECT * FROM telltale.relay('', 10)").fetchone() == (1, 0, "")
            assert db.execute("SELECT \"offset\", data FROM telltale.log").fetchall() == [(1, "kept")]
    finally:
        server.close()
