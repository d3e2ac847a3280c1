"""task: the life of a task, written in transactions of one's own."""

import json
import threading

import psycopg
import pytest

MODES = pytest.mark.parametrize("publish", ["notify", "relay"])


@pytest.fixture
def relayed(db):
    """Puts a mode in force; returns what gives offsets to all that waits."""

    def put(publish):
        db.execute("UPDATE telltale.setting SET publish = %s", (publish,))
        return lambda: db.execute("SELECT telltale.relay('', 1000)")

    return put


def task(db, id, *arguments, **named):
    places = ["%s"] * (len(arguments) + 1) + [f"{name} => %s" for name in named]
    db.execute(f"SELECT telltale.task({', '.join(places)})", (id, *arguments, *named.values()))


def refusal(db, *arguments, **named):
    with pytest.raises(psycopg.Error) as error:
        task(db, *arguments, **named)
    return error.value.sqlstate


def log(db, id):
    """Events and data of a task's log, and the times and offsets of its states."""
    rows = db.execute("SELECT event, format, data FROM telltale.log WHERE channel = %s", (f"task:{id}",)).fetchall()
    return [(event, json.loads(data) if format == "json" else data) for event, format, data in rows]


def states(db, id):
    return [data for event, data in log(db, id) if event == "state"]


def times(db, id):
    """Offset and time of each state message."""
    return db.execute(
        'SELECT m."offset", m.time FROM telltale.channel AS c JOIN telltale.message AS m ON m.channel_id = c.id'
        " WHERE c.name = %s AND m.key = 'state' ORDER BY 1", (f"task:{id}",)).fetchall()


@MODES
def test_the_newest_state_holds_the_whole_life(db, relayed, publish):
    relay = relayed(publish)
    task(db, "7", "queued", title="Build", meta='{"a": null}')
    relay()
    task(db, "7", "started", worker="w1", lease=30, progress='{"percent": 5}', log="begin")
    relay()
    task(db, "7", "finished", result="null", log="end")
    relay()
    (first, created), (_, started), _ = times(db, "7")
    life = {"attempt": 1, "title": "Build", "meta": {"a": None}}
    running = life | {"worker": "w1", "lease": 30, "created": created, "began": first}
    assert log(db, "7") == [
        ("state", {"state": "queued"} | life), ("state", {"state": "started"} | running), ("log", "begin"), ("log", "end"),
        ("state", {"state": "finished"} | running | {"result": None, "started": started})]
    assert db.execute("SELECT key, flags FROM telltale.retained ORDER BY key").fetchall() == [("progress", "jc"), ("state", "jx")]
    assert db.execute("SELECT closed, fence, top FROM telltale.channel").fetchone() == (True, 1, 6)
    assert db.execute("SELECT count(*) FROM telltale.refused").fetchone() == (0,)


@MODES
def test_many_steps_of_one_transaction_are_as_many_messages(db, connect, relayed, publish):
    relay = relayed(publish)
    with connect(autocommit=False) as writer:
        task(writer, "7", "queued", title="t")
        task(writer, "7", "started", lease=5)
        assert refusal_in(writer, "7", "queued") == "TT006"
        task(writer, "7", "failed", error='"e"')
    relay()
    queued, started, failed = states(db, "7")
    assert (queued["state"], started["state"], failed["state"]) == ("queued", "started", "failed")
    ((began, created), (_, at), _) = times(db, "7")
    assert failed == {
        "state": "failed", "attempt": 1, "title": "t", "lease": 5, "error": "e", "created": created, "started": at, "began": began}


def refusal_in(writer, *arguments):
    with pytest.raises(psycopg.Error) as error, writer.transaction():
        task(writer, *arguments)
    return error.value.sqlstate


@MODES
def test_a_new_attempt_keeps_what_the_task_is_and_nothing_of_the_last(db, relayed, publish):
    relay = relayed(publish)
    task(db, "7", "started", title="t", meta="1", worker="w", lease=9, log="x")
    relay()
    task(db, "7", "failed", error='"e"')
    relay()
    task(db, "7", "queued", 2)
    task(db, "7", "started", 2)
    relay()
    life = {"attempt": 2, "title": "t", "meta": 1, "created": times(db, "7")[0][1]}
    assert states(db, "7")[2:] == [{"state": "queued"} | life, {"state": "started", "began": times(db, "7")[2][0]} | life]
    assert refusal(db, "7", log="late", attempt=1) == "TT004"
    task(db, "7", log="fine", attempt=2)


def test_what_others_write_before_the_commit_stays(db, connect):
    task(db, "7", "started", title="old")
    slow = connect(autocommit=False)
    task(slow, "7", worker="w1")
    task(db, "7", title="new", meta="5")
    slow.commit()
    last = states(db, "7")[-1]
    assert (last["title"], last["meta"], last["worker"]) == ("new", 5, "w1")
    # A cancel that a gateway has written is not lost either.
    cancelled = json.dumps(last | {"cancel_requested": True})
    task(slow, "7", "finished", result="1")
    db.execute(
        "SELECT telltale.publish('task:7', %s, event => 'state', format => 'json', retain => 'state', fence => 1)", (cancelled,))
    slow.commit()
    assert states(db, "7")[-1].items() >= {"state": "finished", "cancel_requested": True, "worker": "w1", "result": 1}.items()


def test_what_can_not_follow_at_the_commit_fails_it(db, connect):
    task(db, "7", "queued")
    slow = connect(autocommit=False)
    task(slow, "7", "queued", title="again")
    task(db, "7", "started")
    with pytest.raises(psycopg.Error) as error:
        slow.commit()
    assert error.value.sqlstate == "TT006"
    assert [state["state"] for state in states(db, "7")] == ["queued", "started"]


def test_behind_the_relay_what_can_not_follow_is_written_down(db, relayed):
    relay = relayed("relay")
    task(db, "7", "queued")
    relay()
    task(db, "7", "started")
    db.execute(
        """SELECT telltale.publish('task:7', '{"state": "queued", "attempt": 2}', event => 'state', format => 'json',
            retain => 'state', fence => 2)""")
    # What is on its way is seen, so this is told at once, and that too late.
    assert refusal(db, "7", "finished") == "TT004"
    db.execute("UPDATE telltale.outbox SET seq = seq + 10 WHERE flags = 'jm'")
    relay()
    assert db.execute("SELECT code, event FROM telltale.refused").fetchall() == [("TT004", "state")]


def test_a_task_that_was_given_up_comes_back_with_any_word(db):
    lost = '{"state": "lost", "attempt": 1, "worker": "w", "lease": 5}'
    for id, words in {"a": {"log": "x"}, "b": {"progress": '{"percent": 1}'}, "c": {}, "d": {"title": "t"}}.items():
        task(db, id, "started", worker="w", lease=5)
        db.execute("SELECT telltale.publish(%s, %s, event => 'state', format => 'json', retain => 'state')", (f"task:{id}", lost))
        task(db, id, **words)
        assert states(db, id)[2].items() >= {"state": "started", "worker": "w", "lease": 5}.items()
    db.execute("SELECT telltale.publish('task:a', %s, event => 'state', format => 'json', retain => 'state')", (lost,))
    task(db, "a", "finished")
    assert [state["state"] for state in states(db, "a")] == ["started", "lost", "started", "lost", "started", "finished"]


def test_a_commit_that_finds_the_task_given_up_ends_it_all_the_same(db, connect):
    task(db, "7", "started", lease=5)
    slow = connect(autocommit=False)
    task(slow, "7", "finished", result="1")
    db.execute("""SELECT telltale.publish('task:7', '{"state": "lost", "attempt": 1}', event => 'state', format => 'json', retain => 'state')""")
    slow.commit()
    assert [state["state"] for state in states(db, "7")] == ["started", "lost", "finished"]


def test_a_word_that_says_nothing_new_adds_no_message(db):
    task(db, "7", "started", worker="w", lease=5)
    task(db, "7")
    task(db, "7", "started", worker="w")
    task(db, "7", lease=5)
    assert len(states(db, "7")) == 1
    task(db, "7", worker="v")
    assert states(db, "7")[-1]["worker"] == "v"


@pytest.mark.parametrize(("before", "then", "code"), [
    ([], ["finished"], "TT006"), ([], [None], "TT006"), (["queued"], ["finished"], "TT006"), (["started"], ["queued"], "TT006"),
    (["started"], ["started", 2], "TT006"), (["started", "finished"], ["started"], "TT003"), (["started", "failed"], [None], "TT003"),
    (["started", "failed"], ["failed", 2], "TT006"), (["started", "failed"], [None, 2], "TT006"), (["queued", "cancelled"], ["queued", 2], None)])
def test_a_task_goes_one_way(db, before, then, code):
    for state in before:
        task(db, "7", state)
    seen = states(db, "7")
    if code:
        assert refusal(db, "7", *then) == code
        assert states(db, "7") == seen
    else:
        task(db, "7", *then)
        assert len(states(db, "7")) == len(seen) + 1


@pytest.mark.parametrize("arguments", [
    "'7', 'running'", "'7', 'lost'", "'7', 'started', attempt => 0", "'7', progress => '5'", "'a b', 'started'", "NULL, 'started'",
    "'', 'started'", "'a:control', 'started'", "repeat('a', 188), 'started'", "'7', 'started', lease => 0", "'7', 'started', lease => 86401",
    "'7', 'started', title => repeat('a', 513)", "'7', 'started', worker => repeat('a', 257)",
    "'7', 'started', progress => '{\"current\": 4, \"total\": 3}'", "'7', 'started', progress => '{\"current\": -1}'",
    "'7', 'started', progress => '{\"percent\": 101}'", "'7', 'started', progress => '{\"percent\": \"5\"}'",
    "'7', 'started', progress => '{\"note\": 5}'", "'7', 'started', progress => '{}'", "'7', 'started', progress => '{\"done\": 5}'",
    "'7', 'started', progress => '{\"total\": 1e400}'"])
def test_what_is_no_task_is_refused(db, arguments):
    with pytest.raises(psycopg.Error) as error:
        db.execute(f"SELECT telltale.task({arguments})")
    assert error.value.sqlstate == "TT001"
    assert db.execute("SELECT count(*) FROM telltale.channel").fetchone() == (0,)


def test_what_is_large_only_as_a_whole_is_refused_too(db):
    db.execute("UPDATE telltale.setting SET message_bytes = 300")
    task(db, "7", "started", meta=json.dumps("m" * 150))
    assert refusal(db, "7", result=json.dumps("r" * 150)) == "TT002"
    assert len(states(db, "7")) == 1


def test_what_another_wrote_stays_as_it_was_written(db):
    meta = r'{"z": 1.50, "a": "\u0000 \\u0000 \"", "a": {"b" : [ ] }}'
    db.execute(
        "SELECT telltale.append(ARRAY['task:7'], ARRAY['state'], ARRAY[%s::bytea], ARRAY['j'], ARRAY['state'], ARRAY[NULL::bigint],"
        " ARRAY[1::bigint], ARRAY[NULL::text], 0)", ((r'{"state":"queued","attempt":1,"meta":%s}' % meta).encode(),))
    task(db, "7", "started")
    assert f'"meta":{meta},' in db.execute("SELECT data FROM telltale.log ORDER BY \"offset\" DESC").fetchone()[0]


@pytest.mark.parametrize("nonsense", ["5", "[]", '{"state": "dancing"}', '{"state": 5}', '{"state": "started", "attempt": "x"}', '{"\\u0000": 1}'])
def test_a_state_that_is_none_is_as_good_as_no_task(db, nonsense):
    db.execute("SELECT telltale.publish('task:7', %s, event => 'state', format => 'json', retain => 'state')", (nonsense,))
    assert refusal(db, "7", "finished") == "TT006"
    task(db, "7", "started")
    assert states(db, "7")[-1].items() >= {"state": "started", "attempt": 1}.items()


def test_writers_of_many_tasks_never_wait_in_a_circle(db, connect, rounds=40, writers=4, tasks=12):
    names = [f"t{number}" for number in range(tasks)]
    for name in names:
        task(db, name, "started", lease=30)
    failures = []

    def write(number):
        connection = connect(autocommit=False)
        ordered = names if number % 2 else names[::-1]
        try:
            for turn in range(rounds):
                for name in ordered:
                    task(connection, name, title=f"{number} {turn}")
                connection.commit()
        except psycopg.Error as error:
            failures.append(error)

    def record():
        connection = connect()
        channels = [f"task:{name}" for name in names[::-1]]
        try:
            for _ in range(rounds * 4):
                connection.execute(
                    "SELECT telltale.record_tasks(%s, %s, %s)", (channels, ["started"] * tasks, [30_000] * tasks))
        except psycopg.Error as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)] + [threading.Thread(target=record)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert db.execute("SELECT count(*) FROM telltale.task").fetchone() == (tasks,)
