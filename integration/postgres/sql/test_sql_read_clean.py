"""`clean` removes what is over, a little at once, and no publisher waits for it."""

import threading

import pytest
from gateway import until
from reading import Channel, append, recover

TABLES = ["channel", "message", "retained", "idempotency", "rubbish", "restoring"]


def counts(db):
    return {table: db.execute(f"SELECT count(*) FROM telltale.{table}").fetchone()[0] for table in TABLES}


def clean(db, max=100):
    """Until there is nothing to do; what each call has done."""
    done = []
    while not done or done[-1]:
        done += db.execute("SELECT telltale.clean(%s)", [max]).fetchone()
    return done[:-1]


def a_channel(name, messages=5):
    channel = Channel(name, 1000, 100_000)
    for number in range(messages):
        channel.append(b"x" * 20, f"key{number % 3}", conflated=number % 2 == 1)
    return channel


def test_all_that_is_over_goes_in_small_batches_and_what_lives_stays(db):
    living = a_channel("c:living", 50)
    living.put(db)
    before = counts(db)
    for number in range(300):
        id = a_channel(f"c:{number}", 20).put(db, life="-1 second")
        db.execute("INSERT INTO telltale.idempotency SELECT %s, 'k' || n, n, telltale.milliseconds() FROM generate_series(1, 3) n", [id])
    done = clean(db, max=100)
    assert counts(db) == before
    assert all(0 < part <= 100 + 2 * 128 for part in done) and len(done) > 30
    assert recover(db, "c:living", "earliest")[1] == living.recover("earliest")


def test_trimmed_messages_go_and_the_log_stays(db):
    db.execute("UPDATE telltale.policy SET messages = 100 WHERE prefix = ''")
    for _ in range(20):
        append(db, *[("c:trimmed", b"x")] * 50)
    clean(db)
    ((trimmed, trashed, rows),) = db.execute(
        "SELECT c.trimmed, c.trashed, (SELECT count(*) FROM telltale.message) FROM telltale.channel AS c").fetchall()
    assert trimmed == 900 and trashed > 0 and rows == 1000 - trashed
    assert [record.offset for record in recover(db, "c:trimmed", "earliest")[1].records] == list(range(901, 1001))


def test_idempotency_keys_go_after_five_minutes_and_not_before(db):
    db.execute(
        "INSERT INTO telltale.idempotency SELECT 1, age::text, 1, telltale.milliseconds() - age"
        " FROM unnest('{0, 290000, 300001, 400000}'::bigint[]) AS age")
    clean(db)
    assert db.execute("SELECT key FROM telltale.idempotency ORDER BY key").fetchall() == [("0",), ("290000",)]


def test_the_newest_ten_thousand_refusals_stay(db):
    db.execute(
        "INSERT INTO telltale.refused (channel, event, code, reason, written_at)"
        " SELECT 'c', n::text, 'TT003', 'closed', now() FROM generate_series(1, 10150) AS n")
    clean(db)
    assert db.execute("SELECT count(*), min(event::int) FROM telltale.refused").fetchone() == (10_000, 151)


def test_a_channel_that_lives_on_is_looked_at_again_when_its_time_is_over(db):
    a_channel("c:later").put(db)
    db.execute("UPDATE telltale.channel SET sweep_at = now() - interval '1 second'")
    assert clean(db) == [1]
    assert db.execute("SELECT sweep_at = expires_at FROM telltale.channel").fetchone() == (True,)


def test_what_a_dead_copier_has_left_goes_after_ten_minutes(db):
    ((copy,),) = db.execute("SELECT telltale.restore_begin('c:copied')").fetchall()
    db.execute("SELECT telltale.restore_messages(%s, true, '{1,2}', '{1,1}', '{t,t}', '{a,a}', '{NULL,NULL}', '{x,y}')", [copy])
    assert clean(db) == [] and counts(db)["message"] == 2
    db.execute("UPDATE telltale.restoring SET touched_at = now() - interval '601 seconds'")
    clean(db)
    assert set(counts(db).values()) == {0}


def waiting(db):
    return db.execute(
        "SELECT a.query FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)"
        " WHERE NOT l.granted AND a.datname = current_database()").fetchall()


def test_no_publisher_waits_for_a_cleaning_under_way(connect):
    """The cleaning has done all it does, and does not commit: publishers on living channels don't notice."""
    db, cleaner, publisher = connect(), connect(autocommit=False), connect()
    db.execute("UPDATE telltale.policy SET messages = 10 WHERE prefix = ''")
    names = [f"c:{number}" for number in range(20)]
    for _ in range(20):
        append(db, *[(name, b"x", "k", "t") for name in names for _ in range(20)])
    for number in range(30):
        a_channel(f"over:{number}").put(db, life="-1 second")
    assert cleaner.execute("SELECT telltale.clean(2000)").fetchone()[0] > 1000
    assert cleaner.execute("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'transactionid'").fetchone() == (1,)
    publisher.execute("SET lock_timeout = '1ms'")
    for _ in range(30):
        answers = append(publisher, *[(name, b"x", "k", "t") for name in names])
        assert "busy" not in answers and len(answers) == 20
    assert waiting(db) == []
    cleaner.commit()


def test_cleaning_waits_for_nobody(connect):
    db, holder, cleaner = connect(), connect(autocommit=False), connect()
    for number in range(10):
        a_channel(f"over:{number}").put(db, life="-1 second")
    holder.execute("SELECT FROM telltale.channel WHERE name < 'over:5' FOR NO KEY UPDATE")
    cleaner.execute("SET lock_timeout = '1ms'")
    clean(cleaner)
    assert counts(db)["channel"] == 5
    holder.rollback()
    clean(cleaner)
    assert counts(db)["channel"] == 0


def test_under_load_no_publisher_is_seen_to_wait_for_a_cleaner(connect):
    """Watched through `pg_locks`, while logs are trimmed, keys forgotten, and other channels are over."""
    db = connect()
    db.execute("UPDATE telltale.policy SET messages = 10 WHERE prefix = ''")
    db.execute("INSERT INTO telltale.policy (prefix, messages, bytes, ttl) VALUES ('brief:', 10, 1000, 1)")
    done = threading.Event()
    lines = []

    def publish(own, first):
        for round in range(100):
            lines.extend(append(own, *[(f"c:{first + n}", b"x", "k", "t") for n in range(10)] * 3))
            append(own, *[(f"brief:{first}-{round}-{n}", b"x", "k", "t") for n in range(5)])

    def sweep(own):
        own.execute("SET application_name = 'cleaner'")
        while not done.is_set():
            own.execute("SELECT telltale.clean(200)")

    cleaners = [threading.Thread(target=sweep, args=[connect()]) for _ in range(2)]
    publishers = [threading.Thread(target=publish, args=[connect(), 10 * n]) for n in range(2)]
    for thread in cleaners + publishers:
        thread.start()
    blocked = []
    while any(thread.is_alive() for thread in publishers):
        blocked += db.execute(
            "SELECT w.query, w.wait_event FROM pg_stat_activity AS w, unnest(pg_blocking_pids(w.pid)) AS b(pid)"
            " JOIN pg_stat_activity AS c ON c.pid = b.pid WHERE w.wait_event_type = 'Lock' AND c.application_name = 'cleaner'"
            " AND w.application_name <> 'cleaner'").fetchall()
    done.set()
    for thread in cleaners:
        thread.join()
    assert blocked == [] and "busy" not in lines and len(lines) == 6000
    clean(db)
    assert db.execute("SELECT count(*) FROM telltale.channel").fetchone() == (20,)


def statistics(db, table):
    return db.execute(
        "SELECT n_tup_upd, n_tup_hot_upd, n_dead_tup, autovacuum_count FROM pg_stat_user_tables"
        " WHERE schemaname = 'telltale' AND relname = %s", [table]).fetchone()


def test_publishing_changes_no_index_of_the_channels(connect):
    """Heap-only updates: more than 95 in 100, whatever the trimming and cleaning beside them."""
    db, publisher = connect(), connect()
    db.execute("UPDATE telltale.policy SET messages = 50 WHERE prefix = ''")
    for round in range(1500):
        append(publisher, *[(f"c:{n}", b"x" * 50) for n in range(10)])
        if round % 100 == 0:
            publisher.execute("SELECT telltale.clean(500)")
    publisher.close()
    until(lambda: statistics(db, "channel")[0] >= 15_000, 20, "the statistics do not come")
    updated, heap_only, *_ = statistics(db, "channel")
    assert heap_only > 0.95 * updated


@pytest.mark.parametrize("table", ["outbox", "channel", "retained", "rubbish"])
def test_autovacuum_comes_for_what_churns_long_before_its_default(server, db, table):
    """The default would wait until a fifth of the table is dead; a queue is all dead, and empty."""
    ((options,),) = db.execute("SELECT reloptions FROM pg_class WHERE oid = %s::regclass", [f"telltale.{table}"]).fetchall()
    options = dict(option.split("=") for option in options)
    assert float(options["autovacuum_vacuum_scale_factor"]) <= 0.05
    assert options["autovacuum_vacuum_cost_delay"] == "0"


def test_autovacuum_keeps_the_outbox_small(server, db):
    server.change(autovacuum_naptime="1s")
    try:
        for _ in range(5):
            db.execute("INSERT INTO telltale.outbox (channel, event, data, flags)"
                " SELECT 'c', 'message', 'x', 't' FROM generate_series(1, 2000)")
            db.execute("DELETE FROM telltale.outbox")
        until(lambda: statistics(db, "outbox")[3] > 0, 60, "autovacuum does not come")
    finally:
        server.change(autovacuum_naptime=None)
