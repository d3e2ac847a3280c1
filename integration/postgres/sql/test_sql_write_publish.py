"""publish: in the caller's own transaction."""

import psycopg
import pytest
from writing import Publication, append, arrived, listen, offsets, sections


def _state(error):
    return error.value.sqlstate


@pytest.mark.parametrize("arguments", [
    "'a b', 'x'", "'', 'x'", "NULL, 'x'", "repeat('a', 201), 'x'", "'a', NULL", "'a', 'x', event => 'stream-open'",
    "'a', 'x', event => ''", "'a', 'x', event => NULL", "'a', 'x', event => 'é'", "'a', 'x', format => 'xml'", "'a', '{', format => 'json'",
    "'a', 'NaN', format => 'json'", "'a', '', format => 'json'", "'a', repeat('[', 513) || repeat(']', 513), format => 'json'",
    "'a', 'x', retain => 'a b'", "'a', 'x', retain => ''", "'a', 'x', conflate => true", "'a', 'x', expect => 0", "'a', 'x', retain => 'k', expect => -1",
    "'a', 'x', fence => -1", "'a', 'x', fence => 9007199254740992", "'a', 'x', id => ''", "'a', 'x', id => 'a b'", "'a', 'x', id => repeat('i', 256)",
    "E'a\\n', 'x'"])
def test_a_bad_argument_is_refused_at_once_with_a_hint(db, arguments):
    with pytest.raises(psycopg.Error) as error:
        db.execute(f"SELECT telltale.publish({arguments})")
    assert _state(error) == "TT001"
    assert error.value.diag.message_hint
    assert db.execute("SELECT count(*) FROM telltale.outbox").fetchone() == (0,)


@pytest.mark.parametrize("data", [
    "[]", " {\"a\": [1, -2.5e3, true, null, \"\\u0000 \\ud800\"]} ", "\"x\"", "1", "[" * 512 + "]" * 512, "[" + ",".join(["[]"] * 600) + "]",
    "\"" + "[" * 600 + "\""])
def test_what_the_gateway_takes_as_json_is_taken(db, data):
    db.execute("SELECT telltale.publish('a', %s, format => 'json')", (data,))
    assert db.execute("SELECT data, format FROM telltale.log").fetchall() == [(data, "json")]


def test_what_is_too_large_closed_or_fenced_is_refused_at_once(db):
    append(db, Publication("a", fence=5), Publication("b", flags="tx"))
    for arguments, code in [("'c', repeat('x', 65537)", "TT002"), ("'b', 'x'", "TT003"), ("'a', 'x', fence => 4", "TT004")]:
        with pytest.raises(psycopg.Error) as error, db.transaction():
            db.execute(f"SELECT telltale.publish({arguments})")
            pytest.fail("it is not refused at once")
        assert _state(error) == code
        assert error.value.diag.message_hint


def test_a_conflict_fails_the_commit_and_nothing_is_left(db):
    append(db, Publication("a", key="k"))
    with pytest.raises(psycopg.Error) as error, db.transaction():
        db.execute("SELECT telltale.publish('b', 'x')")
        db.execute("SELECT telltale.publish('a', 'x', retain => 'k', expect => 0)")
    assert _state(error) == "TT005"
    assert (offsets(db, "a"), offsets(db, "b")) == ([1], [])


def test_a_transaction_comes_whole_in_its_order_or_not_at_all(connect):
    writer, listener = connect(), connect()
    listen(listener)
    with writer.transaction():
        writer.execute("SELECT telltale.publish('a', '1')")
        with writer.transaction(force_rollback=True):
            writer.execute("SELECT telltale.publish('a', 'rolled back')")
        writer.execute("SELECT telltale.publish('b', '2', retain => 'k', conflate => true)")
        writer.execute("SELECT telltale.publish('a', '3', id => 'once')")
        writer.execute("SELECT telltale.publish('a', '4', id => 'once')")
        assert not offsets(listener, "a")
    with writer.transaction(force_rollback=True):
        writer.execute("SELECT telltale.publish('a', 'rolled back')")
    found = [(section.channel, record.offset, record.data) for notification in arrived(listener, writer)
             for section in sections(notification.payload) for record in section.records]
    assert sorted(found) == [("a", 1, b"1"), ("a", 2, b"3"), ("b", 1, b"2")]
    assert writer.execute("SELECT count(*) FROM telltale.outbox").fetchone() == (0,)


def test_a_channel_may_be_closed_and_opened_again_in_one_transaction(db):
    append(db, Publication("a", fence=1, flags="tx"))
    with db.transaction():
        db.execute("SELECT telltale.publish('a', 'again', fence => 2)")
        db.execute("SELECT telltale.publish('a', 'more')")
        db.execute("SELECT telltale.publish('a', 'end', close => true)")
    assert offsets(db, "a") == [1, 2, 3, 4]


def test_a_repetition_on_a_closed_channel_is_taken(db):
    db.execute("SELECT telltale.publish('a', 'x', id => 'once', close => true)")
    db.execute("SELECT telltale.publish('a', 'x', id => 'once', close => true)")
    assert offsets(db, "a") == [1]


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_transaction_with_an_old_picture_leaves_it_to_the_relay(connect, level):
    db, other, listener = connect(), connect(), connect()
    listener.execute("LISTEN telltale_relay")
    db.execute(f"BEGIN ISOLATION LEVEL {level}")
    db.execute("SELECT count(*) FROM telltale.channel")
    append(other, Publication("a"))
    db.execute("SELECT telltale.publish('a', 'later')")
    db.execute("COMMIT")
    assert [n.channel for n in arrived(listener, other)] == ["telltale_relay"]
    assert offsets(other, "a") == [1]
    assert other.execute("SELECT * FROM telltale.relay('', 100)").fetchone() == (1, 0, "")
    assert offsets(other, "a") == [1, 2]


def test_immediate_constraints_deliver_at_once_and_the_rest_is_relayed(connect):
    db, other = connect(), connect()
    with db.transaction():
        db.execute("SELECT telltale.publish('b', '1')")
        db.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert offsets(db, "b") == [1]
        db.execute("SELECT telltale.publish('a', '2')")
        assert offsets(db, "a") == []
    other.execute("SELECT telltale.relay('', 100)")
    assert (offsets(other, "a"), offsets(other, "b")) == ([1], [1])


def test_a_delivery_that_is_rolled_back_to_a_savepoint_comes_at_the_commit(db):
    with db.transaction():
        db.execute("SELECT telltale.publish('a', '1')")
        with db.transaction(force_rollback=True):
            db.execute("SELECT telltale.publish('a', '2')")
            db.execute("SET CONSTRAINTS ALL IMMEDIATE")
        db.execute("SET CONSTRAINTS ALL DEFERRED")
    assert db.execute("SELECT data FROM telltale.log").fetchall() == [("1",)]


def test_a_large_transaction_is_delivered_in_order(db):
    with db.transaction():
        db.execute("SELECT telltale.publish('a' || i % 3, i::text) FROM generate_series(1, 2500) AS i")
    rows = db.execute("SELECT data::int FROM telltale.log WHERE channel = 'a0' ORDER BY \"offset\"").fetchall()
    assert [row[0] for row in rows] == [i for i in range(1, 2501) if i % 3 == 0]


def test_a_prepared_transaction_is_refused(server, db):
    with pytest.raises(psycopg.Error, match="max_prepared_transactions|NOTIFY"):
        db.execute("BEGIN")
        db.execute("SELECT telltale.publish('a', 'x')")
        db.execute("PREPARE TRANSACTION 'p'")
