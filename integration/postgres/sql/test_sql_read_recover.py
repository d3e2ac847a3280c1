"""`recover` answers as every broker does, and of one moment."""

import random
import re
import threading

import pytest
from reading import FAR, Channel, append, plans, recover, records

NAMES = "abc"
LIMITS = [0, 1, 2, 3, 5, 40, FAR]
BYTES = [0, 1, 10, 60, 500, FAR]


def any_channel(name, choose):
    """A channel with a history by chance: messages of all kinds, trimmed, the server lost now and then."""
    channel = Channel(name, choose.choice([0, 1, 3, 8, 1000]), choose.choice([0, 10, 100, 10_000]))
    for _ in range(choose.choice([1, 2, 5, 30])):
        if choose.random() < 0.1:
            channel.renew(f"e{len(channel.predecessors) + 1}", lost=0)
        data = choose.choice([b"", b"x", b"\x00", "ü\n".encode(), b"y" * choose.randrange(60)])
        key = choose.choice([None, None, *NAMES])
        channel.append(data, key, conflated=key is not None and choose.random() < 0.6)
    channel.closed = choose.random() < 0.2
    return channel


def any_question(channel, choose):
    epochs = ["0", channel.epoch, channel.epoch, channel.epoch, "gone", *dict(channel.predecessors)]
    return {
        "kind": choose.choice(["earliest", "latest", "last", "after", "after", "after"]),
        "count": choose.choice([0, 1, 2, 5, 100]),
        "epoch": choose.choice(epochs),
        "offset": choose.choice([0, 0, 1, channel.trimmed, channel.top, channel.top + 1, choose.randrange(channel.top + 1)]),
        "max_messages": choose.choice(LIMITS),
        "max_bytes": choose.choice(BYTES),
    }


@pytest.mark.parametrize("seed", range(8))
def test_it_answers_as_the_model_whatever_the_history(db, seed):
    choose = random.Random(seed)
    for number in range(40):
        channel = any_channel(f"c:{number}", choose)
        channel.put(db)
        head = (
            channel.epoch, channel.top, channel.trimmed, channel.closed,
            " ".join(f"{epoch}:{last}" for epoch, last in channel.predecessors))
        for _ in range(30):
            question = any_question(channel, choose)
            assert recover(db, channel.name, **question) == (head, channel.recover(**question)), (channel, question)


@pytest.mark.parametrize("max_messages, max_bytes", [(1, FAR), (3, FAR), (FAR, 1), (FAR, 50)])
def test_pages_bring_everything_once_and_none_ends_below_trimmed(db, max_messages, max_bytes):
    channel = any_channel("c:pages", random.Random(4))
    while not 5 < channel.trimmed < channel.top:
        channel = any_channel("c:pages", random.Random(random.random()))
    channel.put(db)
    seen, question = [], {"kind": "earliest"}
    while True:
        _, page = recover(db, channel.name, **question, max_messages=max_messages, max_bytes=max_bytes)
        seen += page.records
        if page.reaches_top:
            break
        assert page.records[-1].offset >= channel.trimmed
        question = {"kind": "after", "epoch": channel.epoch, "offset": page.records[-1].offset}
    assert seen == channel.recover("earliest").records


def test_there_is_no_row_for_a_channel_that_is_not_there(db):
    assert recover(db, "c:none", "earliest") is None


def test_a_channel_whose_time_is_over_is_absent_before_it_is_cleaned_away(db):
    channel = Channel("c:over", 10, 1000)
    channel.append(b"x", "k")
    channel.put(db, life="-1 millisecond")
    assert recover(db, channel.name, "earliest") is None
    assert db.execute("SELECT * FROM telltale.inspect('c:over')").fetchall() == []
    assert db.execute("SELECT telltale.fetch('c:over', 'e0', 1, 1)").fetchall() == [(None,)]
    assert db.execute("SELECT * FROM telltale.list('', NULL, 10)").fetchall() == []
    assert db.execute("SELECT * FROM telltale.export('c:over', 'log', 0, 100)").fetchall() == []


def test_what_it_reads_is_of_one_moment_while_others_publish(connect):
    """Five at once, the fifth conflated; the log keeps 20. So what there is below a top is known by the top."""
    db = connect()
    db.execute("UPDATE telltale.policy SET messages = 20 WHERE prefix = ''")
    batch = [("c:busy", b"data")] * 4 + [("c:busy", b"data", "k", "tc")]
    append(db, *batch)
    done = threading.Event()

    def publish(own):
        while not done.is_set():
            append(own, *batch, patience=5000)

    def clean(own):
        while not done.is_set():
            own.execute("SELECT telltale.clean(50)")

    workers = [threading.Thread(target=work, args=[connect()]) for work in (publish, publish, publish, clean)]
    for worker in workers:
        worker.start()
    try:
        tops = []
        while len(tops) < 1500 or tops[-1] < 500:
            (epoch, top, trimmed, *_), page = recover(db, "c:busy", "after", epoch="0", offset=0)
            logged = [offset for offset in range(trimmed + 1, top + 1) if offset % 5]
            assert [record.offset for record in page.records] == [*logged, top]
            assert (page.reason, page.reaches_top) == ("trimmed" if trimmed else "", True)
            assert len(logged) <= 20
            tops.append(top)
    finally:
        done.set()
        for worker in workers:
            worker.join()
    assert tops == sorted(tops)


@pytest.mark.parametrize("statement", [
    "SELECT * FROM telltale.recover('c:long', 'after', 0, 'e', 20000, 100, 1000000)",
    "SELECT * FROM telltale.recover('c:long', 'after', 0, 'e', 20000, 1000000, 2000)",
    "SELECT * FROM telltale.recover('c:long', 'last', 100, '', 0, 1000, 1000000)",
    "SELECT telltale.fetch('c:long', 'e', 20000, 20099)",
    "SELECT * FROM telltale.export('c:long', 'log', 20000, 8400)",
])
@pytest.mark.parametrize("is_analyzed", [False, True])
def test_a_page_of_a_long_log_reads_no_more_than_the_page(db, statement, is_analyzed):
    """Whether its plan is of a time when the table was empty, or of one when it was full."""
    for _ in range(6):
        db.execute(statement)
    db.execute(
        "WITH c AS (INSERT INTO telltale.channel"
        " (name, bucket, epoch, top, log_bytes, log_count, expires_at, sweep_at, generation)"
        " SELECT 'c:long', 0, 'e', 50000, 1000000, 50000, t, t, '' FROM (SELECT now() + interval '1 hour' AS t) AS x RETURNING id)"
        " INSERT INTO telltale.message SELECT id, n, 1, 't', 'message', NULL, 'twenty bytes of data' FROM c, generate_series(1, 50000) AS n")
    if is_analyzed:
        db.execute("ANALYZE telltale.message")
    found = plans(db, statement)
    reads = [int(rows) for rows in re.findall(r"on message \w+ .*actual time=\S+ rows=(\d+)", found)]
    assert reads and sum(reads) <= 350, found
    assert "Seq Scan" not in found and "JIT" not in found


def test_fetch_brings_what_a_pointer_means_even_if_it_is_trimmed_since(db):
    channel = Channel("c:fetch", 2, 1000)
    for number, (key, conflated) in enumerate([(None, False), ("a", True), ("a", True), (None, False), ("b", False), (None, False)]):
        channel.append(b"%d" % number, key, conflated)
    channel.put(db)

    def fetch(epoch, first, last):
        ((found,),) = db.execute("SELECT telltale.fetch('c:fetch', %s, %s, %s)", [epoch, first, last])
        return found and [record.offset for record in records(found)]

    # 2 was superseded.
    assert fetch("e0", 1, 6) == [1, 3, 4, 5, 6]
    assert fetch("e0", 3, 5) == [3, 4, 5]
    assert fetch("other", 1, 6) is None
    assert db.execute("SELECT telltale.fetch('c:fetch', 'e0', 2, 2)").fetchall() == [(b"",)]


def test_fetch_is_bounded_and_goes_on_where_it_ended(db):
    channel = Channel("c:large", 100, 2**30)
    for _ in range(5):
        channel.append(b"x" * (3 << 20))
    channel.put(db)
    offsets = []
    while len(offsets) < 5:
        ((found,),) = db.execute("SELECT telltale.fetch('c:large', 'e0', %s, 5)", [len(offsets) + 1])
        assert len(found) < 9 << 20
        offsets += [record.offset for record in records(found)]
    assert offsets == [1, 2, 3, 4, 5]


def test_inspect_gives_the_newest_of_each_key_in_offset_order(db):
    channel = any_channel("c:status", random.Random(7))
    channel.fence = 9
    channel.put(db)
    ((*head, found),) = db.execute("SELECT * FROM telltale.inspect('c:status')").fetchall()
    assert head == [channel.epoch, channel.top, channel.trimmed, channel.closed, 9]
    assert records(found) == sorted(channel.retained.values())
