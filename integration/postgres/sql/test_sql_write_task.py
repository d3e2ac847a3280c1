"""task: state, progress and log of a channel with a life."""

import json

import psycopg
import pytest


def test_a_task_tells_log_progress_and_state(db):
    db.execute("SELECT telltale.task('7', 'queued', title => 'Build', meta => '{\"a\": null}')")
    db.execute("SELECT telltale.task('7', 'started', worker => 'w1', progress => '{\"percent\": 5}', log => 'begin')")
    db.execute("SELECT telltale.task('7', 'finished', result => 'null')")
    found = db.execute("SELECT channel, \"offset\", event, key, format, data FROM telltale.log").fetchall()
    assert [row[:5] for row in found] == [
        ("task:7", 1, "state", "state", "json"), ("task:7", 2, "log", None, "text"),
        ("task:7", 4, "state", "state", "json"), ("task:7", 5, "state", "state", "json")]
    assert [json.loads(row[5]) if row[4] == "json" else row[5] for row in found] == [
        {"state": "queued", "attempt": 1, "title": "Build", "meta": {"a": None}}, "begin",
        {"state": "started", "attempt": 1, "worker": "w1"}, {"state": "finished", "attempt": 1, "result": None}]
    assert db.execute("SELECT key, flags FROM telltale.retained ORDER BY key").fetchall() == [("progress", "jc"), ("state", "jx")]
    assert db.execute("SELECT closed, fence FROM telltale.channel").fetchone() == (True, 1)


def test_an_earlier_attempt_can_write_nothing(db):
    db.execute("SELECT telltale.task('7', 'failed')")
    db.execute("SELECT telltale.task('7', 'started', attempt => 2)")
    with pytest.raises(psycopg.Error) as error:
        db.execute("SELECT telltale.task('7', log => 'late', attempt => 1)")
    assert error.value.sqlstate == "TT004"
    db.execute("SELECT telltale.task('7', log => 'fine', attempt => 2)")


@pytest.mark.parametrize("arguments", ["'7', 'running'", "'7', 'started', attempt => 0", "'7', progress => '5'", "'a b', 'started'"])
def test_what_is_no_task_is_refused(db, arguments):
    with pytest.raises(psycopg.Error) as error:
        db.execute(f"SELECT telltale.task({arguments})")
    assert error.value.sqlstate == "TT001"
