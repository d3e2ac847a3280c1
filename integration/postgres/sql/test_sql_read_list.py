"""`list` pages through the living channels in the byte order of their names, by the index; `remove` ends one."""

import random
import string

import psycopg
import pytest
from reading import Channel, append, plans

ALLOWED = string.ascii_letters + string.digits + "_-=@,.;:/~+"


def fill(db, names, life="1 hour"):
    with db.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO telltale.channel (name, bucket, epoch, top, expires_at, sweep_at, generation)"
            " SELECT %s, 0, 'e', 1, t, t, '' FROM (SELECT clock_timestamp() + %s::interval AS t) AS x ON CONFLICT DO NOTHING",
            [(name, life) for name in names])


def listed(db, prefix="", after=None, max=1000):
    return [row[0] for row in db.execute("SELECT * FROM telltale.list(%s, %s, %s)", [prefix, after, max])]


def any_name(choose):
    return "".join(choose.choice("abAB-~:" if choose.random() < 0.8 else ALLOWED) for _ in range(choose.randrange(1, 8)))


@pytest.mark.parametrize("prefix", ["", "a", "a:", "~", "~~", "B-", "none", "ü", "a" * 200])
def test_pages_are_in_byte_order_whole_and_of_the_living(db, prefix):
    choose = random.Random(1)
    names = {any_name(choose) for _ in range(1500)}
    over = {name for name in names if choose.random() < 0.2}
    fill(db, names - over)
    fill(db, over, life="-1 second")
    found, after = [], None
    while page := listed(db, prefix, after, 7):
        found += page
        after = page[-1]
    assert found == sorted((name for name in names - over if name.startswith(prefix)), key=str.encode)


@pytest.mark.parametrize("max", [0, -1])
def test_a_page_of_none_is_empty(db, max):
    fill(db, ["a"])
    assert listed(db, max=max) == []


def test_a_page_reads_a_range_of_the_index_even_with_a_plan_of_before(db):
    for _ in range(10):
        listed(db, "t:", "t:0", 5)
    db.execute(
        "INSERT INTO telltale.channel (name, bucket, epoch, top, expires_at, sweep_at, generation)"
        " SELECT 't:' || n, 0, 'e', 1, t, t, '' FROM generate_series(1, 20000) AS n, (SELECT now() + interval '1 hour' AS t) AS x")
    found = plans(db, "SELECT * FROM telltale.list('t:', 't:1500', 10)")
    assert "Index Scan using channel_name_key" in found and "(actual" in found
    assert "rows=10 loops=1" in found and "Seq Scan" not in found and "Sort" not in found


def test_remove_takes_all_of_it_away_and_says_so(connect):
    db, listener = connect(), connect()
    append(db, ("c:gone", b"x", "k", "t"), ("c:stays", b"x"))
    ((epoch, bucket),) = db.execute("SELECT epoch, bucket FROM telltale.channel WHERE name = 'c:gone'").fetchall()
    listener.execute(f"LISTEN telltale_{bucket:02}")
    assert db.execute("SELECT telltale.remove('c:gone', 100)").fetchone() == (True,)
    assert [notify.payload for notify in listener.notifies(timeout=10, stop_after=1)] == [f"-{epoch} c:gone\n"]
    assert listed(db) == ["c:stays"]
    assert db.execute("SELECT telltale.remove('c:gone', 100)").fetchone() == (False,)
    ((line,),) = [append(db, ("c:gone", b"again"))]
    assert line.endswith(" 1") and not line.startswith(epoch)


def test_remove_of_a_channel_whose_time_is_over_says_that_there_was_none(db):
    channel = Channel("c:over", 10, 1000)
    channel.append(b"x")
    channel.put(db, life="-1 second")
    assert db.execute("SELECT telltale.remove('c:over', 100)").fetchone() == (False,)
    assert db.execute("SELECT count(*) FROM telltale.channel").fetchone() == (0,)


def test_remove_waits_for_a_holder_no_longer_than_it_was_told(connect):
    db, holder = connect(), connect(autocommit=False)
    append(db, ("c:held", b"x"))
    holder.execute("SELECT FROM telltale.channel WHERE name = 'c:held' FOR NO KEY UPDATE")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        db.execute("SELECT telltale.remove('c:held', 50)")
    holder.rollback()
    assert db.execute("SELECT telltale.remove('c:held', 50)").fetchone() == (True,)


def test_remove_takes_what_waits_for_a_relay_along(db):
    append(db, ("c:relayed", b"x"))
    db.execute("UPDATE telltale.setting SET publish = 'relay'")
    db.execute("SELECT telltale.publish('c:relayed', 'waits')")
    assert db.execute("SELECT telltale.remove('c:relayed', 100)").fetchone() == (True,)
    db.execute("SELECT telltale.relay('', 100)")
    assert listed(db) == []
