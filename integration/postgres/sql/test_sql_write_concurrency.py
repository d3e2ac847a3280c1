"""Many writers at once: the order of offsets is the order of commits, and nobody waits in a circle."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from writing import Publication, append, arrived, listen, offsets, sections

CHANNELS = [f"c{number}" for number in range(10)]
WRITERS = 16
TRANSACTIONS = 40


def _write(db, chance, number, committed):
    """Transactions of random length over random channels; notes what was committed, per channel in its own order."""
    for transaction in range(TRANSACTIONS):
        written = []
        rolled_back = chance.random() < 0.2
        with db.transaction(force_rollback=rolled_back):
            for part in range(chance.randint(1, 8)):
                undone = chance.random() < 0.2
                channel, data = chance.choice(CHANNELS), f"{number}.{transaction}.{part}"
                with db.transaction(force_rollback=undone):
                    db.execute("SELECT telltale.publish(%s, %s)", (channel, data))
                if not undone:
                    written.append((channel, data))
        if not rolled_back:
            committed.extend(written)


def _call(db, chance, number, committed):
    """The same as a gateway does it, which comes again for what was busy."""
    for call in range(TRANSACTIONS):
        waiting = [Publication(chance.choice(CHANNELS), f"{number}.{call}.{part}".encode()) for part in range(chance.randint(1, 30))]
        patience = 0
        while waiting:
            answers = append(db, *waiting, patience=patience)
            committed.extend((p.channel, p.data.decode()) for p, answer in zip(waiting, answers, strict=True) if answer != "busy")
            waiting = [p for p, answer in zip(waiting, answers, strict=True) if answer == "busy"]
            patience = 250


def _relay(db, stop):
    following = ""
    while not stop.is_set() or following or db.execute("SELECT EXISTS (SELECT FROM telltale.outbox)").fetchone()[0]:
        (following,) = db.execute("SELECT next FROM telltale.relay(%s, 50)", (following,)).fetchone()


def _run(connect, mode):
    connect().execute(f"SELECT telltale.configure('{{\"publish\": \"{mode}\"}}')")
    records = [[] for _ in range(WRITERS)]
    stop = threading.Event()
    with ThreadPoolExecutor(WRITERS + 2) as pool:
        relays = [pool.submit(_relay, connect(), stop) for _ in range(2)]
        writers = [
            pool.submit(_write if number % 4 else _call, connect(), random.Random(number), number, record)
            for number, record in enumerate(records)]
        try:
            for writer in writers:
                writer.result()
        finally:
            stop.set()
        for relay in relays:
            relay.result()
    return records


@pytest.mark.parametrize("mode", ["notify", "relay"])
def test_every_committed_message_comes_once_in_order_and_there_is_no_deadlock(connect, mode):
    listener, db = connect(), connect()
    listen(listener)
    records = _run(connect, mode)
    logs = {name: db.execute(
        'SELECT "offset", data FROM telltale.log WHERE channel = %s ORDER BY "offset"', (name,)).fetchall() for name in CHANNELS}
    for name, log in logs.items():
        assert [offset for offset, _ in log] == list(range(1, len(log) + 1))
        for record in records:
            own = [data for channel, data in record if channel == name]
            assert [data for _, data in log if data in set(own)] == own
    assert sum(map(len, logs.values())) == sum(map(len, records))
    heard = {name: [] for name in CHANNELS}
    for notification in arrived(listener, db):
        for section in sections(notification.payload):
            heard[section.channel].extend((record.offset, record.data.decode()) for record in section.records)
    assert heard == logs
    assert db.execute("SELECT count(*) FROM telltale.refused").fetchone() == (0,)
    db.execute("SELECT pg_stat_force_next_flush()")
    assert db.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone() == (0,)


@pytest.mark.parametrize("channel_exists", [True, False])
def test_a_channel_that_a_transaction_holds_is_busy_and_delays_no_other(connect, channel_exists):
    holder, db = connect(), connect()
    if channel_exists:
        append(db, Publication("b"))
    with holder.transaction():
        holder.execute("SELECT telltale.publish('b', 'held')")
        holder.execute("SET CONSTRAINTS ALL IMMEDIATE")
        start = time.monotonic()
        answers = append(db, Publication("a"), Publication("b"), Publication("c"), Publication("b"))
        assert time.monotonic() - start < 0.5
        assert [answer.split()[-1] for answer in answers] == ["1", "busy", "1", "busy"]
        start = time.monotonic()
        assert append(db, Publication("a"), Publication("b"), patience=300)[1] == "busy"
        assert time.monotonic() - start >= 0.3
    assert [answer.split()[-1] for answer in append(db, Publication("b"), Publication("a"))] == ["3" if channel_exists else "2", "3"]


def test_patience_is_rewarded(connect):
    holder, db = connect(), connect()
    with ThreadPoolExecutor(1) as pool:
        with holder.transaction():
            holder.execute("SELECT telltale.publish('b', 'held')")
            holder.execute("SET CONSTRAINTS ALL IMMEDIATE")
            waiting = pool.submit(append, db, Publication("b"), patience=20_000)
            until_waiting(holder)
        assert waiting.result()[0].endswith(" 2")
    assert db.execute("SHOW lock_timeout").fetchone() == ("0",)


def until_waiting(db):
    """Until somebody waits for a lock."""
    end = time.monotonic() + 10
    while db.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone() == (0,):
        assert time.monotonic() < end


def test_a_transaction_that_waited_for_an_expired_channel_finds_the_new_one(connect):
    holder, db = connect(), connect()
    append(db, Publication("a", b"old"))
    db.execute("UPDATE telltale.channel SET expires_at = clock_timestamp() - interval '1 second'")
    with ThreadPoolExecutor(1) as pool:
        with holder.transaction():
            holder.execute("SELECT telltale.publish('a', 'first')")
            holder.execute("SET CONSTRAINTS ALL IMMEDIATE")
            waiting = pool.submit(db.execute, "SELECT telltale.publish('a', 'second')")
            until_waiting(holder)
        waiting.result()
    assert db.execute('SELECT "offset", data FROM telltale.log ORDER BY 1').fetchall() == [(1, "first"), (2, "second")]


def test_a_transaction_that_waited_for_a_removed_channel_makes_a_new_one(connect):
    holder, db = connect(), connect()
    append(db, Publication("a", b"old"))
    with ThreadPoolExecutor(1) as pool:
        with holder.transaction():
            holder.execute("SELECT telltale.remove('a', 0)")
            waiting = pool.submit(db.execute, "SELECT telltale.publish('a', 'new')")
            until_waiting(holder)
        waiting.result()
    assert offsets(db, "a") == [1]


def test_transactions_that_make_the_same_channels_in_any_order_all_commit(connect):
    def make(db, round):
        names = [f"{round}.{number}" for number in range(8)]
        random.Random(threading.get_ident() + round).shuffle(names)
        with db.transaction():
            for name in names:
                db.execute("SELECT telltale.publish(%s, 'x')", (name,))

    with ThreadPoolExecutor(8) as pool:
        connections = [connect() for _ in range(8)]
        for round in range(15):
            for done in [pool.submit(make, db, round) for db in connections]:
                done.result()
    db = connect()
    assert db.execute("SELECT DISTINCT top FROM telltale.channel").fetchall() == [(8,)]


def test_a_cancelled_wait_leaves_nothing(connect):
    holder, db = connect(), connect()
    with holder.transaction():
        holder.execute("SELECT telltale.publish('a', 'held')")
        holder.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(psycopg.errors.LockNotAvailable), db.transaction():
            db.execute("SET LOCAL lock_timeout = '50ms'")
            db.execute("SELECT telltale.publish('a', 'late')")
    assert offsets(db, "a") == [1]
