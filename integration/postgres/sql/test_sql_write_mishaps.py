"""What goes wrong around the tables, and must not go wrong in silence."""

import subprocess
import threading

import psycopg
import pytest
from writing import Publication, append, offsets

MEGABYTE = 1 << 20


def test_a_dump_that_is_put_back_gives_no_position_twice(database, connect):
    """The server is the same and so is the word that the dump has brought: the tables are others."""
    db = connect()
    first = [append(db, Publication("a"))[0] for _ in range(2)][-1]
    dump = subprocess.run(["pg_dump", "-n", "telltale", database], capture_output=True, text=True, check=True).stdout
    lost = append(db, Publication("a", b"lost"))[0]
    db.execute("DROP SCHEMA telltale CASCADE")
    subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", database], input=dump, capture_output=True, text=True, check=True)
    other = append(connect(), Publication("a", b"other"))[0]
    assert other.split()[1] == lost.split()[1] and other.split()[0] != lost.split()[0]
    assert connect().execute("SELECT predecessors FROM telltale.channel").fetchone() == (first.replace(" ", ":"),)


def test_large_messages_are_relayed_a_part_at_a_time(db):
    """All of them together are more than one value of the server may be."""
    db.execute("SELECT telltale.configure(%s::jsonb)", ('{"publish": "relay", "message_bytes": 16777216}',))
    for _ in range(24):
        db.execute("SELECT telltale.publish('large', repeat('x', %s))", (3 * MEGABYTE,))
    db.execute("SELECT telltale.publish('small', 'x')")
    taken, rounds = 0, 0
    while db.execute("SELECT EXISTS (SELECT FROM telltale.outbox)").fetchone()[0]:
        taken += db.execute("SELECT taken FROM telltale.relay('', 1000)").fetchone()[0]
        rounds += 1
        assert rounds == 1 or offsets(db, "small") == [1], "the small one waits for the large ones"
    assert (taken, offsets(db, "large")[-1]) == (25, 24)
    assert rounds >= 24 * 3 // 11


def test_a_large_transaction_is_taken_a_part_at_a_time(db):
    db.execute("SELECT telltale.configure('{\"message_bytes\": 16777216}')")
    with db.transaction():
        for _ in range(10):
            db.execute("SELECT telltale.publish('large', repeat('x', %s))", (3 * MEGABYTE,))
    assert db.execute("SELECT top FROM telltale.channel WHERE name = 'large'").fetchone() == (10,)


def test_a_commit_does_not_take_all_that_waits_for_the_relay(db):
    db.execute("SELECT telltale.configure('{\"publish\": \"relay\"}')")
    db.execute("SELECT count(telltale.publish('a', i::text)) FROM generate_series(1, 2500) AS i")
    db.execute("SELECT telltale.configure('{\"publish\": \"notify\"}')")
    db.execute("SELECT telltale.publish('a', 'last')")
    assert db.execute("SELECT top FROM telltale.channel").fetchone() == (1000,)
    while db.execute("SELECT EXISTS (SELECT FROM telltale.outbox)").fetchone()[0]:
        db.execute("SELECT telltale.relay('', 1000)")
    assert db.execute("SELECT \"offset\", data FROM telltale.log ORDER BY 1 DESC LIMIT 1").fetchone() == (2501, "last")


def test_nobody_waits_for_whoever_writes_the_word_of_a_new_life(db, connect):
    """After a crash: the first transaction may last."""
    append(db, Publication("a"), Publication("b"))
    db.execute("TRUNCATE telltale.life")
    first = connect()
    with first.transaction():
        first.execute("SELECT telltale.publish('a', 'x')")
        first.execute("SET CONSTRAINTS ALL IMMEDIATE")
        db.execute("SET statement_timeout = '5s'")
        assert append(db, Publication("b"), Publication("c"))[0].endswith(" 2")
    assert offsets(db, "a") == [1, 2] and offsets(db, "c") == [1]


def test_the_first_publications_of_a_new_life_do_not_deadlock(database, db, writers=8, rounds=15):
    failures = []

    def write(number):
        with psycopg.connect(database, autocommit=True) as own:
            for round in range(rounds):
                try:
                    with own.transaction():
                        own.execute("SELECT telltale.publish(%s, 'x')", (f"{chr(97 + (number + round) % 26)}:{number}:{round}",))
                        own.execute("SELECT telltale.publish(%s, 'x')", (f"x{round % 4}",))
                except psycopg.Error as error:
                    failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        db.execute("DELETE FROM telltale.life")
    for thread in threads:
        thread.join()
    assert failures == []
    counts = db.execute("SELECT sum(top) FROM telltale.channel WHERE name LIKE 'x%'").fetchone()
    assert counts == (writers * rounds,)


def test_a_gateway_does_not_wait_longer_than_it_has_patience(db, connect):
    holder = connect()
    with holder.transaction():
        holder.execute("LOCK TABLE telltale.message IN SHARE MODE")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            append(db, Publication("a"))
    assert append(db, Publication("a"))[0].endswith(" 1")


def test_an_empty_setting_is_an_error_and_no_endless_loop(db):
    db.execute("DELETE FROM telltale.setting")
    db.execute("SET statement_timeout = '5s'")
    with pytest.raises(psycopg.errors.RaiseException, match="setting is empty"):
        db.execute("SELECT telltale.publish('a', 'x')")


def test_sessions_that_read_backslashes_in_strings_publish_too(connect):
    db = connect()
    db.execute("SET standard_conforming_strings = off")
    db.execute("SELECT telltale.publish('a', 'x')")
    db.execute("""SELECT telltale.publish('a', '{"a":"]]]] \\\\" [[[["}', format => 'json')""")
    assert offsets(db, "a") == [1, 2]


def test_what_only_waits_for_the_relay_is_removed_too(db):
    db.execute("SELECT telltale.configure('{\"publish\": \"relay\"}')")
    db.execute("SELECT telltale.publish('a', 'x')")
    assert db.execute("SELECT telltale.remove('a', 100)").fetchone() == (True,)
    db.execute("SELECT telltale.relay('', 10)")
    assert offsets(db, "a") == []
