"""A worker's lease, with three gateways on one broker of which any may be the one that finds it has run out."""

import time

import pytest
from client import http
from gateway import until
from leasing import watching, working
from watched_task import WatchedTask

LEASE = 2
GRACE = 1  # seconds after the lease until everyone has been told
TASKS = 16  # of one worker
TURNS = 4  # writes a second to a task that is to be kept


@pytest.fixture(scope="module", params=["redis", "postgres"])
def trio(request, start_gateway_on):
    server = request.getfixturevalue(request.param)
    return [start_gateway_on(server.url) for _ in range(3)]


@pytest.fixture
def tasks(task_id):
    return [f"{task_id}-{number}" for number in range(TASKS)]


def states(gateway, task):
    return WatchedTask(gateway, task).states


def wait_for_a_later_loss(gateway, name):
    """Every gateway has swept several times after this; what it did to other tasks is seen then."""
    later = WatchedTask(gateway, f"{name}-later")
    later.patch(state="started", lease=LEASE)
    until(lambda: later.snapshot["state"] == "lost", LEASE + 10, "a task without any worker is not lost")


def assert_lost_in_time(worker, watchers, tasks):
    """Each watcher was told of each task: not before its lease was over, and not later than a second after."""
    for task in tasks:
        earliest, latest = worker.last_heard(task)
        for watcher in watchers:
            assert earliest + LEASE <= watcher.when(task, "lost") <= latest + LEASE + GRACE, (task, worker.last_heard(task), watcher.told)


def test_tasks_of_a_killed_worker_are_lost_within_their_lease_and_a_second_and_once(trio, tasks, task_id):
    with watching(trio, tasks) as watchers, working(trio[:1], tasks, LEASE) as worker:
        worker.wait_until_written(tasks, 2)
        assert all(states(trio[1], task) == ["started"] for task in tasks), "a heartbeat adds no message"
        worker.kill()
        for watcher in watchers:
            watcher.wait(tasks, "lost")
        assert_lost_in_time(worker, watchers, tasks)
        wait_for_a_later_loss(trio[2], task_id)
        for task in tasks:
            assert states(trio[0], task) == ["started", "lost"]
            assert [watcher.states(task) for watcher in watchers] == [["started", "lost"]] * 3


def test_a_worker_that_was_only_slow_brings_its_tasks_back(trio, tasks):
    with watching(trio, tasks) as watchers, working(trio, tasks, LEASE) as worker:
        worker.pause()
        for watcher in watchers:
            watcher.wait(tasks, "lost")
        worker.resume()
        for watcher in watchers:
            watcher.wait(tasks, "started", times=2)
        worker.kill()
    for task in tasks:
        found = WatchedTask(trio[1], task)
        assert (found.snapshot["state"], found.snapshot["attempt"], found.snapshot["lease"]) == ("started", 1, LEASE)
        assert found.patch(state="finished", result={"late": True})["state"] == "finished"
        assert found.states == ["started", "lost", "started", "finished"]


def test_a_gateway_that_dies_with_the_worker_it_heard_changes_nothing(trio, tasks, task_id):
    heard, *others = trio
    with watching(others, tasks) as watchers, working([heard], tasks, LEASE) as worker:
        worker.wait_until_written(tasks, 1)
        heard.kill()
        try:
            worker.kill()
            for watcher in watchers:
                watcher.wait(tasks, "lost")
            assert_lost_in_time(worker, watchers, tasks)
            wait_for_a_later_loss(others[0], task_id)
        finally:
            heard.start()
    assert all(states(heard, task) == ["started", "lost"] for task in tasks)


def test_a_worker_whose_gateway_dies_goes_on_at_another_and_loses_nothing(trio, tasks, task_id):
    heard, *others = trio
    with watching(others, tasks) as watchers, working(trio, tasks, LEASE) as worker:
        heard.kill()
        try:
            # It has gone on well past the lease that the dead gateway had last renewed.
            worker.wait_until_written(tasks, 5)
            assert all(watcher.states(task) == ["started"] for watcher in watchers for task in tasks)
            worker.kill()
            for watcher in watchers:
                watcher.wait(tasks, "lost")
            assert_lost_in_time(worker, watchers, tasks)
        finally:
            heard.start()


def test_every_kind_of_write_renews_the_lease_and_reading_does_not(trio, tasks):
    """Each task is written to in one way, by turns over the gateways, for two leases; the last is only read."""
    ways = {
        "progress": lambda task: task.patch(progress={"percent": 50}),
        "log": lambda task: task.patch(log="a line"),
        "heartbeat": lambda task: task.patch(),
        "lines": lambda task: http.post(f"{task.url}/log?lines=1", content=b"one\ntwo\n").raise_for_status(),
        "channel": lambda task: task.gateway.publish(task.channel, "a line", event="log"),
        "read": lambda task: task.snapshot,
    }
    held = dict(zip(ways, tasks))
    for task in held.values():
        WatchedTask(trio[0], task).patch(state="started", lease=LEASE)
    with watching(trio[2:], list(held.values())) as (watcher,):
        for turn in range(2 * LEASE * TURNS):
            for way, task in held.items():
                ways[way](WatchedTask(trio[turn % 3], task))
            time.sleep(1 / TURNS)
        assert {way for way, task in held.items() if "lost" in watcher.states(task)} == {"read"}
