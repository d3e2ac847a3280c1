"""A command whose gateway is slow, away, or forgets everything."""

import time

import pytest
from gateway import free_port
from gateways import ROOMY
from proxy import Proxy
from running import RunTask, said


@pytest.fixture
def gateway(start_gateway):
    return start_gateway(ROOMY)


@pytest.fixture
def proxy(gateway):
    with Proxy(gateway) as proxy:
        yield proxy


def numbered(count, seconds):
    """A script that says so many lines, with so much time between two."""
    return f"for i in $(seq {count}); do echo line $i; sleep {seconds}; done"


def wait_for_the_command(process):
    """Reads what run says until the command has ended and run waits for the gateway."""
    assert any("the command has ended; waiting" in line for line in process.stdout), "run does not wait"


def numbers(count):
    return [f"line {number}" for number in range(1, count + 1)]


@pytest.mark.parametrize(("away", "lease"), [(4, "30s"), (60, "6s")])
def test_what_a_command_says_while_the_gateway_is_away_arrives_in_order_and_once(gateway, proxy, telltale, away, lease):
    count = 800
    process = telltale(proxy, "run", "--task", "away", "--lease", lease, "--", "sh", "-c", numbered(count, away / 600))
    task = RunTask(gateway, "away")
    task.wait_for_line("line 20", seconds=60)
    proxy.refuse()
    time.sleep(away)
    assert "line 700" not in task.lines
    if away > 6:
        assert task.state == "lost", "nobody has heard of it for longer than its lease"
    proxy.lead_to(gateway)
    assert process.wait(120) == 0
    assert task.lines == numbers(count)
    assert task.state == "finished"
    assert task.states == ["queued", "started", *(["lost", "started"] if away > 6 else []), "finished"]
    assert len(said(process)) == 2, "where to watch, and that the gateway is away"


def test_answers_that_are_lost_make_no_line_come_twice(gateway, proxy, telltale):
    count = 600
    process = telltale(proxy, "run", "--task", "cut", "--", "sh", "-c", numbered(count, 0.01))
    task = RunTask(gateway, "cut")
    task.wait_for("started")
    while process.poll() is None:
        proxy.cut()
        time.sleep(0.3)
    assert process.returncode == 0
    assert task.lines == numbers(count)
    assert task.state == "finished"


def until_there(file):
    """A shell's way of waiting."""
    return f"while [ ! -e {file} ]; do sleep 0.05; done"


def test_a_command_that_ends_while_the_gateway_is_away_has_its_end_told_when_it_comes_back(gateway, proxy, telltale, tmp_path):
    go = tmp_path / "go"
    process = telltale(proxy, "run", "--task", "ended", "--", "sh", "-c", f"echo before; {until_there(go)}; echo after; exit 9")
    task = RunTask(gateway, "ended")
    task.wait_for_line("before")
    proxy.refuse()
    go.touch()
    wait_for_the_command(process)
    assert process.poll() is None and task.state == "started"
    proxy.lead_to(gateway)
    assert process.wait(20) == 9
    assert task.lines == ["before", "after"] and task.state == "failed"


def test_the_wait_at_the_end_is_bounded_and_an_interrupt_ends_it(gateway, proxy, telltale, tmp_path):
    go = tmp_path / "go"
    for options, act in ((["--wait", "1s"], lambda process: None), ([], lambda process: process.terminate())):
        process = telltale(proxy, "run", *options, "--task", "gone", "--", "sh", "-c", f"echo before; {until_there(go)}; exit 6")
        RunTask(gateway, "gone").wait_for("started").wait_for_line("before")
        proxy.refuse()
        go.touch()
        wait_for_the_command(process)
        act(process)
        assert process.wait(10) == 6
        assert "not been told how it ended" in said(process)[-1]
        go.unlink()
        proxy.lead_to(gateway)
        RunTask(gateway, "gone").patch(state="failed")


def test_a_gateway_that_comes_back_with_an_empty_broker_learns_of_the_task_anew(gateway, telltale):
    process = telltale(gateway, "run", "--task", "anew", "--title", "Anew", "--", "sh", "-c", numbered(60, 0.1))
    task = RunTask(gateway, "anew")
    task.wait_for_line("line 5")
    gateway.kill()
    time.sleep(1)
    gateway.start()
    task.wait_for("started")
    assert task.snapshot["title"] == "Anew" and task.snapshot["attempt"] == 1
    assert process.wait(60) == 0
    task.wait_for("finished")
    lines = task.lines
    assert lines and lines == numbers(60)[-len(lines):], "what came after the loss is there in order and once"
    assert task.states[:2] == ["queued", "started"] and task.states[-1] == "finished"


def test_a_silent_command_is_learnt_of_anew_too(gateway, telltale):
    process = telltale(gateway, "run", "--task", "silent", "--", "sh", "-c", "sleep 8")
    task = RunTask(gateway, "silent")
    task.wait_for("started")
    gateway.kill()
    gateway.start()
    task.wait_for("started", seconds=7)
    assert process.wait(20) == 0
    assert task.state == "finished"


def test_heartbeats_keep_a_silent_command_from_being_lost(gateway, telltale):
    process = telltale(gateway, "run", "--task", "beats", "--lease", "2s", "--", "sleep", "7")
    assert process.wait(20) == 0
    assert RunTask(gateway, "beats").states == ["queued", "started", "finished"]


def test_past_the_buffer_the_oldest_lines_are_missing_and_a_line_says_how_many(gateway, proxy, telltale, tmp_path):
    go = tmp_path / "go"
    script = f"echo first; {until_there(go)}; seq -f '%0500g' 1 10000; sleep 2; echo last"
    process = telltale(proxy, "run", "--task", "full", "--buffer", "1MiB", "--", "sh", "-c", script)
    task = RunTask(gateway, "full")
    task.wait_for_line("first")
    proxy.refuse()
    go.touch()
    assert any(line.strip().endswith("010000") for line in process.stdout), "the command goes on without the gateway"
    proxy.lead_to(gateway)
    assert process.wait(60) == 0
    lines = task.lines
    assert lines[-1] == "last"
    notices = [line for line in lines if "lines are missing here" in line]
    missing = sum(int(line.split()[1]) for line in notices)
    kept = [int(line) for line in lines if line.isdigit()]
    assert kept == sorted(set(kept)) and kept[-1] == 10_000
    assert missing > 5000


def test_a_gateway_that_takes_nothing_does_not_slow_the_command(gateway, proxy, telltale):
    process = telltale(proxy, "run", "--wait", "1s", "--task", "stalled", "--", "sh", "-c", "sleep 1; seq 300000; echo took $?")
    RunTask(gateway, "stalled").wait_for("started")
    proxy.stall()
    began = time.monotonic()
    assert any(line.startswith("took") for line in process.stdout)
    assert time.monotonic() - began < 10
    assert process.wait(60) == 0


def test_without_a_gateway_the_command_runs_and_ends_as_ever(telltale):
    class Nowhere:
        base_url = f"http://127.0.0.1:{free_port()}"

    began = time.monotonic()
    process = telltale(Nowhere, "run", "--", "sh", "-c", "echo hello; exit 3")
    assert process.wait(20) == 3
    assert time.monotonic() - began < 5
    shown = process.stdout.read().splitlines()
    assert "hello" in shown
    assert len([line for line in shown if "no gateway" in line]) == 1
