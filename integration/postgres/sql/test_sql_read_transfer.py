"""A channel that is exported and restored is the same, and comes in one step or not at all."""

import random

import psycopg
import pytest
from reading import FAR, Channel, append, recover, records
from test_sql_read_recover import any_channel

HEAD = ["epoch", "top", "trimmed", "closed", "fence", "predecessors"]


def export(db, name, part="log", after=0, size=300):
    cursor = db.execute("SELECT * FROM telltale.export(%s, %s, %s, %s)", [name, part, after, size])
    names = [column.name for column in cursor.description]
    row = cursor.fetchone()
    return row and dict(zip(names, row))


def exported(db, name, part, size=300):
    """All of a part, page by page: the answers' text, and how many pages."""
    text, after, pages = b"", 0, 0
    while (page := export(db, name, part, after, size))["last"] is not None:
        text, after, pages = text + page["items"], page["last"], pages + 1
    return text, pages


def keys(text):
    return [(int(offset), int(age), key) for offset, age, key in (line.split(" ") for line in text.decode().splitlines())]


def write(db, name, log, kept, seen):
    ((copy,),) = db.execute("SELECT telltale.restore_begin(%s)", [name])
    for logged, part in [(True, log), (False, kept)]:
        for first in range(0, len(part), 7):
            offsets, times, flags, events, keys, datas = map(list, zip(*part[first : first + 7]))
            db.execute(
                "SELECT telltale.restore_messages(%s, %s, %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bytea[])",
                [copy, logged, offsets, times, flags, events, keys, datas])
    if seen:
        offsets, ages, names = map(list, zip(*seen))
        db.execute("SELECT telltale.restore_keys(%s, %s::text[], %s::bigint[], %s::bigint[])", [copy, names, offsets, ages])
    return copy


def commit(db, copy, head, replaced=(None, None), patience=1000, life=60_000):
    arguments = [copy, *(head[name] for name in HEAD), life, *replaced, patience]
    return db.execute(f"SELECT telltale.restore_commit({', '.join(['%s'] * 11)})", arguments).fetchone()[0]


def copy_whole(db, name, source):
    log, kept, seen = (exported(db, source, part)[0] for part in ("log", "retained", "keys"))
    return write(db, name, records(log), records(kept), keys(seen))


@pytest.mark.parametrize("seed", range(12))
def test_a_copy_recovers_as_the_original(db, seed):
    channel = any_channel("c:original", random.Random(seed))
    id = channel.put(db)
    db.execute(
        "INSERT INTO telltale.idempotency SELECT %s, 'k' || n, n, telltale.milliseconds() - n * 50000 FROM generate_series(1, 7) n", [id])
    head = export(db, "c:original")
    assert commit(db, copy_whole(db, "c:copy", "c:original"), head)
    for kind in [dict(kind="earliest"), dict(kind="last", count=3), dict(kind="after", epoch=channel.epoch, offset=2)]:
        assert recover(db, "c:copy", **kind) == recover(db, "c:original", **kind)
    again = export(db, "c:copy")
    for name in [*HEAD, "newest", "newest_time"]:
        assert again[name] == head[name]
    # Of the original none was brought by a copy.
    assert (head["copied"], again["copied"]) == (None, head["top"])
    assert 50_000 < again["life"] <= 60_000 < head["life"]
    ((log_count, log_bytes),) = db.execute("SELECT log_count, log_bytes FROM telltale.channel WHERE name = 'c:copy'").fetchall()
    assert (log_count, log_bytes) == (len(channel.log), channel.log_bytes)
    seen = [keys(exported(db, name, "keys")[0]) for name in ("c:original", "c:copy")]
    assert [(offset, key) for offset, _, key in seen[1]] == [(offset, key) for offset, _, key in seen[0]]
    assert [offset for offset, *_ in seen[0]] == [1, 2, 3, 4, 5]
    assert all(abs(one[1] - other[1]) < 10_000 for one, other in zip(*seen))


def test_pages_end_at_their_size_but_have_one_item(db):
    channel = Channel("c:pages", 1000, FAR)
    for number in range(40):
        channel.append(b"x" * 36, f"key{number}" if number % 2 else None)
    channel.put(db)
    assert exported(db, "c:pages", "log", size=1000)[1] == 4
    assert exported(db, "c:pages", "log", size=1)[1] == 40
    assert exported(db, "c:pages", "retained", size=1000)[1] == 2
    assert records(exported(db, "c:pages", "log", size=FAR)[0]) == channel.log
    assert export(db, "c:pages", "keys", after=FAR)["last"] is None
    assert export(db, "c:none") is None


def test_it_is_nowhere_to_be_seen_before_it_is_committed(db):
    append(db, ("c:original", b"x"))
    head = export(db, "c:original")
    copy = copy_whole(db, "c:copy", "c:original")
    assert recover(db, "c:copy", "earliest") is None
    assert commit(db, copy, head)
    assert recover(db, "c:copy", "earliest")[1].records == recover(db, "c:original", "earliest")[1].records


def test_publishing_goes_on_in_the_copied_epoch(db):
    append(db, ("c:original", b"x"), ("c:original", b"y", "k", "tc"))
    head = export(db, "c:original")
    commit(db, copy_whole(db, "c:copy", "c:original"), head)
    assert append(db, ("c:copy", b"z")) == [f"{head['epoch']} 3"]


@pytest.mark.parametrize("seen_at", [(None, None), ("other", 1), ("own", 1)])
def test_a_channel_that_is_elsewhere_than_the_copier_saw_it_stays_as_it_is(db, seen_at):
    append(db, ("c:original", b"x"))
    (line,) = append(db, ("c:copy", b"mine"))
    append(db, ("c:copy", b"mine too"))
    before = recover(db, "c:copy", "earliest")
    copy = copy_whole(db, "c:copy", "c:original")
    replaced = (line.split()[0], 1) if seen_at[0] == "own" else seen_at
    assert not commit(db, copy, export(db, "c:original"), replaced)
    assert recover(db, "c:copy", "earliest") == before
    db.execute("SELECT telltale.restore_abandon(%s)", [copy])
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        commit(db, copy, export(db, "c:original"))


def test_one_that_is_gone_is_not_replaced(db):
    append(db, ("c:original", b"x"))
    copy = copy_whole(db, "c:copy", "c:original")
    assert not commit(db, copy, export(db, "c:original"), ("gone", 7))
    assert recover(db, "c:copy", "earliest") is None


def test_a_second_copy_replaces_the_first_and_points_listeners_at_the_newest(connect):
    db, listener = connect(), connect()
    ((bucket,),) = db.execute("SELECT telltale.bucket('c:copy')")
    listener.execute(f"LISTEN telltale_{bucket:02}")
    append(db, ("c:original", b"x"))
    first = export(db, "c:original")
    commit(db, copy_whole(db, "c:copy", "c:original"), first)
    append(db, ("c:original", b"y"))
    second = export(db, "c:original")
    assert commit(db, copy_whole(db, "c:copy", "c:original"), second, (first["epoch"], 1))
    payloads = [notify.payload for notify in listener.notifies(timeout=10, stop_after=2)]
    assert payloads == [f"*{first['epoch']} c:copy {top} {top}\n" for top in (1, 2)]
    assert len(recover(db, "c:copy", "earliest")[1].records) == 2


def test_a_commit_waits_for_a_holder_no_longer_than_it_was_told(connect):
    db, holder = connect(), connect(autocommit=False)
    (line,) = append(db, ("c:copy", b"x"))
    head = export(db, "c:copy")
    copy = copy_whole(db, "c:copy", "c:copy")
    holder.execute("SELECT FROM telltale.channel FOR NO KEY UPDATE")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        commit(db, copy, head, (head["epoch"], 1), patience=50)
    holder.rollback()
    assert commit(db, copy, head, (head["epoch"], 1), patience=50)


def test_only_a_copy_says_that_a_copy_brought_it(db):
    append(db, ("c:original", b"x"), ("c:original", b"y"))
    assert commit(db, copy_whole(db, "c:copy", "c:original"), export(db, "c:original"))
    append(db, ("c:copy", b"z"))
    assert [export(db, "c:copy")[name] for name in ("copied", "top")] == [2, 3]
    db.execute("UPDATE telltale.channel SET expires_at = clock_timestamp() WHERE name = 'c:copy'")
    append(db, ("c:copy", b"new"))
    assert [export(db, "c:copy")[name] for name in ("copied", "top")] == [None, 1]
