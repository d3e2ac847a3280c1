"""The registry of tasks: rows as gateways write them, as transactions write them, and what a claim costs."""

import json

import psycopg
import pytest
from reading import plans


def record(db, *entries):
    """Entries `(channel, state, milliseconds)`."""
    channels, states, waits = map(list, zip(*entries))
    db.execute("SELECT telltale.record_tasks(%s, %s, %s)", (channels, states, waits))


def claim(db, limit=100, milliseconds=60_000):
    now, channels = db.execute("SELECT now, channels FROM telltale.claim_tasks(%s, %s)", (limit, milliseconds)).fetchone()
    assert abs(now - clock(db)) < 5000
    return channels.split("\n") if channels else []


def clock(db):
    return db.execute("SELECT telltale.milliseconds()").fetchone()[0]


def listed(db, states=None, after=(None, None), limit=100):
    return db.execute("SELECT channel, state, created FROM telltale.list_tasks(%s, %s, %s, %s)", (states, *after, limit)).fetchall()


def waits(db):
    return dict(db.execute("SELECT channel, (due - telltale.milliseconds()) / 1000.0 FROM telltale.task").fetchall())


def rows(db):
    """Channel, state and when each is due: seconds from now."""
    return dict(db.execute("SELECT channel, state FROM telltale.task").fetchall())


def test_a_claim_brings_the_longest_due_first_and_each_to_one(db, connect):
    record(db, ("b", "started", 0), ("c", "started", 100_000), ("a", "queued", 0))
    db.execute("UPDATE telltale.task SET due = due - 1000, look_at = look_at - 9000 WHERE channel = 'b'")
    assert claim(db, limit=1) == ["b"]
    assert claim(connect()) == ["a"]
    assert claim(db) == []
    record(db, ("b", "started", 0))
    assert claim(db) == ["b"]


def test_a_claim_that_nobody_follows_is_over_in_time(db):
    record(db, ("a", "started", 0))
    assert claim(db, milliseconds=0) == ["a"]
    assert claim(db) == ["a"]


def test_who_is_heard_from_is_not_due_and_changes_no_index(db):
    record(db, *[(f"t{number}", "started", 50_000) for number in range(200)])
    before = db.execute("SELECT array_agg(look_at) FROM telltale.task").fetchone()
    for wait in (51_000, 52_000, 53_000):
        record(db, *[(f"t{number}", "started", wait) for number in range(200)])
    assert db.execute("SELECT array_agg(look_at) FROM telltale.task").fetchone() == before
    db.execute("UPDATE telltale.task SET look_at = 0")
    assert claim(db) == []
    assert db.execute("SELECT count(*) FROM telltale.task WHERE look_at = due").fetchone() == (200,)


def test_the_first_time_stays_and_orders_the_list(db):
    record(db, ("a", "queued", 1000), ("c", "queued", 1000), ("b", "queued", 1000))
    first = listed(db)
    assert [row[0] for row in first] == ["c", "b", "a"]
    record(db, ("a", "started", 1000))
    assert [(row[0], row[2]) for row in listed(db)] == [(row[0], row[2]) for row in first]
    assert [row[0] for row in listed(db, ["started"])] == ["a"]
    assert [row[0] for row in listed(db, ["started", "queued", "queued"], limit=2)] == ["c", "b"]
    _, _, created = listed(db)[0]
    assert [row[0] for row in listed(db, after=(created, "c"))] == ["b", "a"]
    db.execute("SELECT telltale.remove_tasks('{a,x}')")
    assert [row[0] for row in listed(db)] == ["c", "b"]


def test_rows_that_others_hold_are_passed_over(db, connect):
    record(db, ("a", "started", 0), ("b", "started", 0))
    holder = connect(autocommit=False)
    holder.execute("SELECT FROM telltale.task WHERE channel = 'a' FOR UPDATE")
    assert claim(db) == ["b"]
    record(db, ("a", "finished", 0), ("b", "finished", 0), ("c", "started", 0))
    db.execute("SELECT telltale.remove_tasks('{a}')")
    holder.rollback()
    assert rows(db) == {"a": "started", "b": "finished", "c": "started"}


def test_when_nothing_is_due_a_claim_is_one_look_into_an_index(db):
    record(db, *[(f"t{number}", "started", 50_000) for number in range(512)])
    db.execute("ANALYZE telltale.task")
    seen = plans(db, "SELECT * FROM telltale.claim_tasks(256, 5000)")
    assert "task_look_at" in seen and "Seq Scan" not in seen and "LockRows" not in seen and "Update" not in seen


def test_lists_read_no_more_than_their_page(db):
    for batch in range(6):
        record(db, *[(f"t{batch}-{number}", "started" if number % 2 else "queued", 50_000) for number in range(500)])
    db.execute("ANALYZE telltale.task")
    for states in ("NULL", "'{started}'", "'{started,queued}'"):
        seen = plans(db, f"SELECT * FROM telltale.list_tasks({states}, NULL, NULL, 10)")
        assert "Seq Scan" not in seen and "Backward" in seen, seen


@pytest.mark.parametrize("publish", ["notify", "relay"])
def test_a_transaction_registers_its_tasks_with_the_offsets_of_what_it_says(db, connect, publish):
    db.execute("UPDATE telltale.setting SET publish = %s", (publish,))
    with connect(autocommit=False) as writer:
        writer.execute("SELECT telltale.task('a', 'started', lease => 20), telltale.task('b', 'queued'), telltale.task('c', 'started')")
        writer.execute("SELECT telltale.task('c', 'finished')")
        assert rows(db) == {}
    if publish == "relay":
        assert rows(db) == {}
        db.execute("SELECT telltale.relay('', 100)")
    assert rows(db) == {"task:a": "started", "task:b": "queued", "task:c": "finished"}
    found = waits(db)
    assert 15 < found["task:a"] <= 20 and 3500 < found["task:b"] <= 3601


def test_a_word_renews_the_lease_and_a_rollback_does_not(db, connect):
    db.execute("SELECT telltale.task('a', 'started', lease => 20)")
    with connect(autocommit=False) as writer:
        db.execute("UPDATE telltale.task SET due = due - 15000")
        writer.execute("SELECT telltale.task('a')")
        writer.rollback()
        assert waits(db)["task:a"] < 6
        writer.execute("SELECT telltale.task('a')")
    assert waits(db)["task:a"] > 15


def test_how_long_a_task_is_kept_is_its_policy(db):
    policies = {"": {"messages": 9, "bytes": 9999, "ttl_ms": 500_000}, "job:": {"messages": 9, "bytes": 9999, "ttl_ms": 50_000, "ttl_after_close_ms": 9000}}
    db.execute("SELECT telltale.configure(%s)", (json.dumps({"task_namespace": "job", "policies": policies}),))
    db.execute("SELECT telltale.task('a', 'queued'), telltale.task('b', 'queued')")
    db.execute("SELECT telltale.task('b', 'cancelled')")
    assert 45 < waits(db)["job:a"] <= 51 and 5 < waits(db)["job:b"] <= 10


def test_a_registration_holds_up_nobody_before_the_commit(db, connect):
    db.execute("SELECT telltale.task('a', 'started', lease => 20)")
    slow = connect(autocommit=False)
    slow.execute("SELECT telltale.task('a', title => 'x')")
    db.execute("SET lock_timeout = '1s'")
    record(db, ("task:a", "started", 0))
    assert claim(db) == ["task:a"]
    slow.commit()


def test_a_copy_keeps_the_first_time_and_shortens_no_lease(db):
    record(db, ("a", "started", 30_000), ("b", "queued", 30_000))
    exported = db.execute("SELECT channel, state, created, wait FROM telltale.export_tasks(NULL, 10)").fetchall()
    assert [row[:2] for row in exported] == [("a", "started"), ("b", "queued")] and all(25_000 < row[3] <= 30_000 for row in exported)
    assert [row[0] for row in db.execute("SELECT channel FROM telltale.export_tasks('a', 10)")] == ["b"]
    db.execute("SELECT telltale.import_tasks('{a,b,c}', '{started,started,queued}', '{1,2,3}', '{5000,6000,0}')")
    found = waits(db)
    assert found["a"] > 20 and 3 < found["b"] <= 6 and found["c"] <= 0
    assert listed(db) == [("c", "queued", 3), ("b", "started", 2), ("a", "started", 1)]
    assert claim(db) == ["c"]


def test_whoever_is_granted_nothing_sees_nothing(db, database):
    db.execute("CREATE ROLE nobody_of_tasks LOGIN")
    try:
        with psycopg.connect(psycopg.conninfo.make_conninfo(database, user="nobody_of_tasks"), autocommit=True) as other:
            for statement in ("SELECT telltale.claim_tasks(1, 1)", "SELECT telltale.record_tasks('{a}', '{a}', '{1}')", "TABLE telltale.task"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    other.execute(statement)
    finally:
        db.execute("DROP ROLE nobody_of_tasks")
