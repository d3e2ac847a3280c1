"""A task that is cancelled ends its command."""

import time
from pathlib import Path

import httpx
import pytest
from gateway import until
from running import RunTask, said
from watched_task import WatchedTask


@pytest.fixture
def run(gateway, telltale):
    """Runs a shell script as a task, and waits for its first line, `ready`."""

    def start(id, script, *options):
        process = telltale(gateway, "run", "--task", id, *options, "--", "sh", "-c", script)
        RunTask(gateway, id).wait_for_line("ready")
        return process

    return start


def is_alive(pid):
    """Not one that has ended and whose parent has not seen it yet."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_a_cancelled_task_gets_sigterm_and_ends_cancelled(gateway, run):
    process = run("ends", "trap 'echo cleaning; exit 5' TERM; echo ready; while :; do sleep 0.1; done")
    task = RunTask(gateway, "ends")
    task.cancel()
    assert process.wait(10) == 5
    snapshot = task.snapshot
    assert snapshot["state"] == "cancelled" and snapshot["cancel_requested"] is True
    assert snapshot["result"]["exit_status"] == 5 and "error" not in snapshot
    assert "cleaning" in task.lines, "the command had time to say something"


def test_a_command_that_does_not_mind_sigterm_is_killed_after_the_grace_period(gateway, run):
    process = run("stays", "trap '' TERM; echo ready; while :; do sleep 0.1; done", "--grace", "1s")
    task = RunTask(gateway, "stays")
    began = time.monotonic()
    task.cancel()
    assert process.wait(10) == 128 + 9
    assert 1 <= time.monotonic() - began < 5
    assert task.snapshot["state"] == "cancelled" and task.snapshot["result"]["signal"] == 9


def test_what_the_command_has_started_ends_with_it_and_who_stands_beside_us_stays(gateway, run, tmp_path):
    pids = tmp_path / "pids"
    process = run("tree", f"sh -c 'sleep 1000 & echo $! >> {pids}; wait' & sleep 1000 & echo $! >> {pids}; while [ $(wc -l < {pids}) -lt 2 ]; do sleep 0.05; done; echo ready; wait")
    children = [int(pid) for pid in pids.read_text().split()]
    assert len(children) == 2 and all(map(is_alive, children))
    # This test is in the process group of the run, as another command of a pipeline is: a signal to the group would end it.
    RunTask(gateway, "tree").cancel()
    assert process.wait(10) == 128 + 15
    until(lambda: not any(map(is_alive, children)), 10, "what the command started is still there")
    assert RunTask(gateway, "tree").state == "cancelled"


def test_what_the_command_leaves_behind_is_killed_too(run, gateway, tmp_path):
    pid = tmp_path / "pid"
    process = run("behind", f"sh -c 'trap \"\" TERM; echo $$ > {pid}; while :; do sleep 0.1; done' & while [ ! -s {pid} ]; do sleep 0.05; done; echo ready; wait", "--grace", "1s")
    RunTask(gateway, "behind").cancel()
    assert process.wait(10) == 128 + 15
    until(lambda: not is_alive(int(pid.read_text())), 10, "what the command left behind is still there")
    assert RunTask(gateway, "behind").state == "cancelled"


def test_a_cancel_before_the_start_is_heard(gateway, telltale):
    httpx.post(f"{gateway.base_url}/v1/tasks", json={"id": "early"}).raise_for_status()
    httpx.post(f"{gateway.base_url}/v1/tasks/early/cancel").raise_for_status()
    # A cancelled task that is run is a new attempt, which the cancel of the old one does not mean.
    process = telltale(gateway, "run", "--task", "early", "--", "sh", "-c", "sleep 0.5; echo done")
    assert process.wait(10) == 0
    task = WatchedTask(gateway, "early")
    assert task.snapshot["attempt"] == 2 and task.snapshot["state"] == "finished"


def test_a_word_that_an_earlier_task_of_the_name_was_told_ends_nothing(gateway, run):
    control = gateway.url("task:namesake:control")
    wish = {"params": {"event": "cancel", "retain": "cancel"}, "json": {"attempt": 1}}
    httpx.post(control, **wish).raise_for_status()
    process = run("namesake", "echo ready; sleep 1; echo done")
    assert httpx.get(control).json()["messages"] == [], "it went when the task came to be"
    httpx.post(control, **wish).raise_for_status()
    assert process.wait(10) == 0
    assert RunTask(gateway, "namesake").state == "finished"


def test_the_interrupt_of_a_run_reaches_the_command_and_is_no_cancel(gateway, run):
    process = run("stopped", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done")
    process.terminate()
    assert process.wait(10) == 7
    assert RunTask(gateway, "stopped").snapshot["state"] == "failed"


def test_a_cancel_after_the_end_is_refused(gateway, run):
    process = run("over", "echo ready")
    assert process.wait(10) == 0
    answer = httpx.post(f"{gateway.base_url}/v1/tasks/over/cancel")
    assert answer.status_code == 409 and answer.json()["code"] == "illegal_transition"
    assert said(process)[1:] == []
