"""A command run as a task: what is seen of its life."""

import time

import httpx
import pytest
from running import RunTask, said
from watched_task import WatchedTask


@pytest.fixture
def run(gateway, telltale):
    """Runs a shell script as a task."""
    return lambda id, script, *options: telltale(gateway, "run", "--task", id, *options, "--", "sh", "-c", script)


def test_a_command_is_queued_started_and_finished_with_its_lines_and_its_result(gateway, run):
    process = run("life", "echo one; echo two >&2; sleep 0.2", "--title", "A life")
    assert process.wait(20) == 0
    task = RunTask(gateway, "life")
    assert task.states == ["queued", "started", "finished"]
    assert task.lines == ["one", "two"]
    snapshot = task.snapshot
    assert snapshot["title"] == "A life" and snapshot["attempt"] == 1
    assert snapshot["meta"] == {"command": ["sh", "-c", "echo one; echo two >&2; sleep 0.2"]}
    assert snapshot["worker"].endswith(tuple("0123456789")) and ":" in snapshot["worker"]
    result = snapshot["result"]
    assert result["exit_status"] == 0 and 200 <= result["duration_ms"] < 10_000 and "signal" not in result
    assert "error" not in snapshot
    assert said(process) == [f"telltale: watch at {gateway.base_url}/#/task/life"]


def test_a_command_that_fails_has_its_last_lines_as_the_error(gateway, run):
    process = run("fails", "seq 100; exit 3")
    assert process.wait(20) == 3
    snapshot = RunTask(gateway, "fails").snapshot
    assert snapshot["state"] == "failed" and snapshot["result"]["exit_status"] == 3
    assert snapshot["error"].split("\n") == [str(number) for number in range(81, 101)]


def test_the_command_has_its_words_byte_for_byte(gateway, telltale):
    words = ["sh", "-c", 'for word; do printf "%s" "$word" | od -An -tx1; done', "sh", "\udcff\udcfe", "", "--", "é"]
    process = telltale(gateway, "run", "--task", "bytes", "--", *words)
    assert process.wait(20) == 0
    assert RunTask(gateway, "bytes").lines == [" ff fe", " 2d 2d", " c3 a9"]


def test_a_command_that_is_killed_says_by_which_signal(gateway, run):
    assert run("killed", "kill -USR1 $$").wait(20) == 128 + 10
    snapshot = RunTask(gateway, "killed").snapshot
    assert snapshot["state"] == "failed"
    assert snapshot["result"]["exit_status"] == 138 and snapshot["result"]["signal"] == 10


def test_a_task_that_waits_is_taken_as_it_is(gateway, run):
    httpx.post(f"{gateway.base_url}/v1/tasks", json={"id": "waits", "title": "Yours", "meta": {"order": 7}}).raise_for_status()
    assert run("waits", "true", "--title", "Mine").wait(20) == 0
    task = WatchedTask(gateway, "waits")
    assert task.states == ["queued", "started", "finished"]
    assert task.snapshot["attempt"] == 1
    assert task.snapshot["title"] == "Yours" and task.snapshot["meta"] == {"order": 7}


def test_running_it_again_is_another_attempt(gateway, run):
    assert run("again", "echo first; exit 1").wait(20) == 1
    assert run("again", "echo second").wait(20) == 0
    task = RunTask(gateway, "again")
    assert task.states == ["queued", "started", "failed", "queued", "started", "finished"]
    assert task.snapshot["attempt"] == 2 and task.lines == ["first", "second"]


def test_a_task_that_runs_elsewhere_is_left_alone_and_the_command_runs_all_the_same(gateway, run, tmp_path):
    task = WatchedTask(gateway, "taken")
    httpx.post(f"{gateway.base_url}/v1/tasks", json={"id": "taken"}).raise_for_status()
    task.patch(state="started", worker="another")
    process = run("taken", f"echo x; touch {tmp_path}/done; exit 4")
    assert process.wait(20) == 4 and (tmp_path / "done").exists()
    warnings = said(process)[1:]
    assert len(warnings) == 1 and "another" in warnings[0] and "unwatched" in warnings[0]
    assert task.snapshot["worker"] == "another" and task.states == ["queued", "started"]


@pytest.mark.parametrize(("pattern", "script", "progress"), [
    ("percent", r"printf ' 10%%\r 20%%\r 70%% of it\r'; sleep 0.5", {"percent": 70}),
    ("count", "echo '[1/3] a'; sleep 0.3; echo '[2/3] b'", {"current": 2, "total": 3}),
    (r"epoch (?<current>\d+)/(?<total>\d+): (?<note>\w+)", "echo epoch 2/9: warm", {"current": 2, "total": 9, "note": "warm"}),
])
def test_progress_is_read_from_the_output(gateway, run, pattern, script, progress):
    assert run(f"bar-{pattern[:5]}".rstrip(" "), script, "--progress-pattern", pattern).wait(20) == 0
    seen = WatchedTask(gateway, f"bar-{pattern[:5]}".rstrip(" ")).snapshot["progress"]
    assert {key: value for key, value in seen.items() if key != "time"} == progress


def test_progress_is_said_ten_times_a_second_at_most_and_its_last_word_arrives(gateway, run):
    script = "for i in $(seq 1000); do echo $i/1000; sleep 0.001; done"
    began = time.monotonic()
    assert run("fast", script, "--progress-pattern", "count").wait(60) == 0
    seconds = time.monotonic() - began
    task = RunTask(gateway, "fast")
    assert task.snapshot["progress"]["current"] == 1000
    top = int(task.snapshot["position"].split(":")[1])
    others = 3 + 1000  # states and lines
    assert top - others <= seconds * 10 + 2


def test_an_expression_that_takes_for_ever_does_not_hold_the_command_up(gateway, run):
    began = time.monotonic()
    process = run("slow", f"echo {'a' * 200}; seq 100", "--progress-pattern", "^(?<note>(a+)+)b$")
    assert process.wait(20) == 0
    assert time.monotonic() - began < 10
    assert RunTask(gateway, "slow").state == "finished"


@pytest.mark.parametrize("options", [
    ["--progress-pattern", "("], ["--progress-pattern", r"\d+"], ["--grace", "soon"], ["--lease", "0s"], ["--lease", "1500ms"],
    ["--buffer", "1KiB"], ["--task", "a b"], ["--task", "x:control"], ["--task", "x" * 188],
])
def test_an_option_that_can_not_be_is_a_usage_error_and_nothing_runs(gateway, telltale, options, tmp_path):
    process = telltale(gateway, "run", *options, "--", "touch", tmp_path / "done")
    assert process.wait(20) == 2
    assert not (tmp_path / "done").exists()
