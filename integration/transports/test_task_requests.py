"""Tasks over plain HTTP."""

import json
import subprocess
import threading
import time

import pytest
from client import http
from gateway import until
from process import metric
from raw import Connection
from task_calls import CalledTask


@pytest.fixture
def task(gateway):
    return CalledTask(gateway)


def test_a_task_goes_from_queued_to_finished(gateway, task):
    answer = http.post(f"{gateway.base_url}/v1/tasks", json={"id": task.id, "title": "Build", "meta": {"b": 1.0}})
    assert (answer.status_code, answer.headers["location"]) == (202, f"/v1/tasks/{task.id}")
    queued = answer.json()
    assert (queued["id"], queued["channel"], queued["state"], queued["attempt"]) == (task.id, task.channel, "queued", 1)
    assert (queued["title"], queued["meta"]) == ("Build", {"b": 1.0}) and "started" not in queued
    started = task.patch(state="started", worker="w:1", progress={"current": 1, "total": 4}, log="one\ntwo\n")
    assert (started["state"], started["worker"], started["progress"]["total"]) == ("started", "w:1", 4)
    finished = task.patch(state="finished", result=[1, 2])
    assert (finished["state"], finished["result"], finished["title"]) == ("finished", [1, 2], "Build")
    assert finished["created"] <= finished["started"] <= finished["ended"]
    assert task.get().json() == finished
    assert http.get(f"{task.url}/log").text == "one\ntwo\n"


def test_an_id_is_made_where_none_is_given_and_curl_needs_no_body(gateway):
    made = subprocess.run(
        ["curl", "-sS", "-D", "-", "-X", "POST", f"{gateway.base_url}/v1/tasks"], capture_output=True, text=True, check=True).stdout
    head, body = made.replace("\r", "").split("\n\n", 1)
    id = json.loads(body)["id"]
    assert len(id) == 12 and f"location: /v1/tasks/{id}" in head.lower()
    beat = subprocess.run(
        ["curl", "-sS", "-X", "PATCH", f"{gateway.base_url}/v1/tasks/{id}"], capture_output=True, text=True, check=True).stdout
    assert json.loads(beat)["state"] == "queued"


def test_an_id_with_slashes_is_one_id_however_they_are_written(gateway, task):
    one = CalledTask(gateway, f"{task.id}/a/b")
    location = http.post(f"{gateway.base_url}/v1/tasks", json={"id": one.id}).headers["location"]
    assert location == f"/v1/tasks/{task.id}%2Fa%2Fb"
    assert http.get(f"{gateway.base_url}{location}").json()["id"] == one.get().json()["id"] == one.id
    log = http.post(f"{gateway.base_url}/v1/tasks", json={"id": f"{task.id}/log"}).headers["location"]
    assert http.patch(f"{gateway.base_url}{log}", json={"log": "x"}).json()["id"] == f"{task.id}/log"
    assert http.get(f"{gateway.base_url}{log}/log").text == "x\n"


def test_a_creation_that_is_repeated_with_its_key_makes_one_task(gateway):
    answers = [http.post(f"{gateway.base_url}/v1/tasks", json={"title": "T"}, headers={"Idempotency-Key": f"k-{id(gateway)}"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["id"] == answers[1].json()["id"]


def test_refusals_say_where_the_task_is(gateway, task):
    task.create()
    task.patch(state="started")
    again = http.post(f"{gateway.base_url}/v1/tasks", json={"id": task.id})
    assert again.status_code == 409 and again.headers["content-type"] == "application/problem+json"
    problem = again.json()
    assert (problem["code"], problem["state"], problem["attempt"]) == ("illegal_transition", "started", 1)
    task.patch(state="failed")
    task.patch(state="started", attempt=2)
    fenced = http.patch(task.url, json={"attempt": 1, "log": "zombie"}).json()
    assert (fenced["status"], fenced["code"], fenced["state"], fenced["attempt"]) == (409, "fenced", "started", 2)
    unknown = CalledTask(gateway).get()
    assert (unknown.status_code, unknown.json()["state"], unknown.json()["code"]) == (404, "unknown", "unknown_task")


def test_a_cancel_is_asked_for_once_it_runs_and_done_while_it_waits(gateway, task):
    task.create()
    assert http.post(f"{task.url}/cancel").json()["state"] == "cancelled"
    assert http.post(f"{task.url}/cancel").status_code == 409
    task.patch(state="started", attempt=2)
    answer = http.post(f"{task.url}/cancel")
    assert (answer.status_code, answer.json()["state"], answer.json()["cancel_requested"]) == (202, "started", True)
    order = http.get(f"{gateway.url(task.channel)}:control").json()["messages"][-1]
    assert (order["event"], order["data"]) == ("cancel", {"attempt": 2})


def test_a_deleted_task_is_gone_in_every_respect(gateway, task):
    task.create()
    task.patch(state="started")
    http.post(f"{task.url}/cancel")
    assert http.delete(task.url).status_code == 204
    assert task.get().status_code == 404 and http.delete(task.url).status_code == 404
    assert http.get(f"{gateway.url(task.channel)}:control").json()["top"] == 0
    listed = http.get(f"{gateway.base_url}/v1/tasks", params={"limit": 1000}).json()["tasks"]
    assert task.id not in [entry["id"] for entry in listed]


def test_a_list_has_the_newest_first_page_by_page(start_gateway):
    gateway = start_gateway({})
    tasks = [CalledTask(gateway, f"list-{number}") for number in range(5)]
    for number, task in enumerate(tasks):
        task.create()
        if number % 2:
            task.patch(state="started")
        time.sleep(0.002)  # so that each is of a millisecond of its own

    def listed(**query):
        page = http.get(f"{gateway.base_url}/v1/tasks", params=query).json()
        return [int(entry["id"][5:]) for entry in page["tasks"]], page["cursor"]

    assert listed() == ([4, 3, 2, 1, 0], None)
    assert listed(state="started") == ([3, 1], None)
    assert listed(state="queued,started") == ([4, 3, 2, 1, 0], None)
    found, cursor = [], ""
    while cursor is not None:
        ids, cursor = listed(limit=2, **({"cursor": cursor} if cursor else {}))
        found += ids
    assert found == [4, 3, 2, 1, 0]
    assert http.get(f"{gateway.base_url}/v1/tasks/").json()["code"] == "invalid_id"


def test_every_path_says_which_methods_it_has(gateway, task):
    task.create()
    for path, allowed in [("", "GET, HEAD, PATCH, DELETE"), ("/log", "GET, HEAD, POST, PUT"), ("/cancel", "POST")]:
        answer = http.request("PURGE", f"{task.url}{path}")
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert http.get(f"{task.url}/cancel").headers["allow"] == "POST"
    assert http.post(task.url).headers["allow"] == "GET, HEAD, PATCH, DELETE"
    assert http.put(f"{gateway.base_url}/v1/tasks").headers["allow"] == "GET, HEAD, POST"
    head = http.head(task.url)
    assert (head.status_code, head.content) == (200, b"")


# Waiting


def test_a_reader_that_has_the_snapshot_is_told_so(gateway, task):
    task.create()
    tag = task.get().headers["etag"]
    assert tag == f'"{task.get().json()["position"]}"'
    for known in (tag, f"W/{tag}", f'"a:1", {tag}', "*"):
        answer = task.get(headers={"If-None-Match": known})
        # The tag is that of the answer which is known: a compressed one has a weak one.
        asked = f"W/{tag}" if known.startswith("W/") else tag
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", asked)
    task.patch(log="a line changes no snapshot")
    assert task.get(headers={"If-None-Match": tag}).status_code == 304
    changed = http.patch(task.url, json={"title": "T"})
    assert changed.headers["etag"] != tag
    assert task.get(headers={"If-None-Match": tag}).headers["etag"] == changed.headers["etag"]


class Waiting(threading.Thread):
    """A reader that waits for a change, and when it had its answer."""

    def __init__(self, task, tag=None, seconds=10):
        super().__init__()
        self.task, self.tag, self.seconds = task, tag, seconds
        until(lambda: metric(http, task.gateway, "sessions") == 0, 10, "readers of other tests stay")
        self.start()
        until(lambda: metric(http, task.gateway, "sessions") == 1 or not self.is_alive(), 5, "the reader does not wait")

    def run(self):
        headers = {"If-None-Match": self.tag} if self.tag else {}
        self.answer = self.task.get(params={"wait": self.seconds}, headers=headers)
        self.ended = time.monotonic()


@pytest.mark.parametrize("change", [{"progress": {"percent": 10}}, {"state": "started"}, {"state": "cancelled"}, {"title": "T"}])
@pytest.mark.parametrize("knows", [True, False])
def test_a_wait_ends_with_the_next_change(task, change, knows):
    task.create()
    waiting = Waiting(task, task.get().headers["etag"] if knows else None)
    changed = time.monotonic()
    snapshot = task.patch(**change)
    waiting.join()
    assert waiting.answer.status_code == 200 and waiting.ended - changed < 3
    assert waiting.answer.json()["position"] == snapshot["position"]


def test_lines_do_not_end_a_wait(task):
    task.create()
    waiting = Waiting(task)
    for number in range(50):
        task.patch(log=str(number))
    assert waiting.is_alive()
    task.patch(state="started")
    waiting.join()
    assert waiting.answer.json()["state"] == "started"


def test_a_wait_in_which_nothing_changes_ends_in_time(task):
    task.create()
    tag = task.get().headers["etag"]
    for headers, status in [({"If-None-Match": tag}, 304), ({}, 200)]:
        begun = time.monotonic()
        assert task.get(params={"wait": 1}, headers=headers).status_code == status
        assert 0.9 <= time.monotonic() - begun < 4


def test_a_final_state_is_not_waited_for(task):
    task.create()
    task.patch(state="cancelled")
    begun = time.monotonic()
    assert task.get(params={"wait": 20}).json()["state"] == "cancelled"
    assert time.monotonic() - begun < 5


def test_who_waits_for_a_task_that_is_not_there_yet_gets_it_when_it_comes(task):
    waiting = Waiting(task)
    task.create(title="at last")
    waiting.join()
    assert (waiting.answer.status_code, waiting.answer.json()["title"]) == (200, "at last")
    assert CalledTask(task.gateway).get(params={"wait": 1}).status_code == 404


# The log


def test_a_text_is_cut_into_lines_and_a_stream_comes_as_it_is_written(gateway, task):
    task.create()
    task.patch(state="started")
    assert http.post(f"{task.url}/log", content="one\r\ntwo\n").json()["state"] == "started"
    with Connection(gateway) as connection:
        connection.request("POST", f"/v1/tasks/{task.id}/log?lines=1&attempt=1", "Transfer-Encoding: chunked")
        connection.send(b"6\r\nthree\n\r\n")
        until(lambda: http.get(f"{task.url}/log").text == "one\ntwo\nthree\n", 5, "the line does not come as it is written")
        connection.send(b"4\r\nfour\r\n0\r\n\r\n")
        answer = connection.answer()
        assert (answer.status, answer.json()["published"], answer.json()["channel"]) == (200, 2, task.channel)
    assert http.get(f"{task.url}/log").text == "one\ntwo\nthree\nfour\n"


def test_curl_streams_output_in(gateway, task):
    task.create()
    command = ["curl", "-sS", "-T", "-", f"{task.url}/log?lines=1"]
    answer = subprocess.run(command, input="one\ntwo\n", capture_output=True, text=True, check=True).stdout
    assert json.loads(answer)["published"] == 2
    assert http.get(f"{task.url}/log").text == "one\ntwo\n"


def test_the_lines_of_an_attempt_that_is_over_are_refused(gateway, task):
    task.create()
    task.patch(state="started")
    with Connection(gateway) as connection:
        connection.request("POST", f"/v1/tasks/{task.id}/log?lines=1", "Transfer-Encoding: chunked")
        connection.send(b"4\r\none\n\r\n")
        until(lambda: http.get(f"{task.url}/log").text == "one\n", 5, "the line does not come as it is written")
        task.patch(state="failed")
        task.patch(state="started", attempt=2)
        connection.send(b"4\r\ntwo\n\r\n0\r\n\r\n")
        answer = connection.answer()
        assert (answer.status, answer.code, answer.json()["published"]) == (409, "fenced", 1)
    assert http.get(f"{task.url}/log").text == "one\n"


def test_curl_follows_a_log_until_the_task_has_ended(task):
    task.create()
    follow = subprocess.Popen(["curl", "-sSN", f"{task.url}/log?follow=1"], stdout=subprocess.PIPE, text=True)
    try:
        for text in ("one", "two"):
            task.patch(log=text)
            assert follow.stdout.readline() == f"{text}\n"
        task.patch(state="cancelled", log="last")
        assert follow.stdout.read() == "last\n"
        assert follow.wait(timeout=10) == 0
    finally:
        follow.kill()


def test_lines_that_come_in_renew_the_lease_and_bring_a_lost_task_back(gateway, task):
    task.create()
    task.patch(state="started", lease=1)
    with Connection(gateway) as connection:
        connection.request("POST", f"/v1/tasks/{task.id}/log?lines=1", "Transfer-Encoding: chunked")
        for number in range(8):
            connection.send(b"2\r\n%d\n\r\n" % number)
            time.sleep(0.3)
            assert task.get().json()["state"] == "started"
        until(lambda: task.get().json()["state"] == "lost", 5, "the task is not lost although nothing comes")
        connection.send(b"5\r\nback\n\r\n")
        until(lambda: task.get().json()["state"] == "started", 5, "the line does not bring the task back")
        connection.send(b"0\r\n\r\n")
        assert connection.answer().json()["published"] == 9


def test_a_worker_may_say_nothing_for_longer_than_a_body_may_stand_still(start_gateway):
    gateway = start_gateway({"timeouts.body": "500ms", "timeouts.lines": "60s"})
    task = CalledTask(gateway, "quiet/one")
    task.create()
    with Connection(gateway) as connection:
        connection.request("POST", f"/v1/tasks/{task.id}/log?lines=1", "Transfer-Encoding: chunked")
        for text in ("one", "two"):
            connection.send(b"4\r\n%s\n\r\n" % text.encode())
            assert not connection.has_something(within=2)
        connection.send(b"0\r\n\r\n")
        assert connection.answer().json()["published"] == 2


# What is reserved


def test_the_state_of_a_task_is_not_published_like_that(gateway, task):
    for query in [{"retain": "state"}, {"retain": "state", "conflate": 1}, {"event": "state"}, {"close": 1}, {"close": 1, "lines": 1}]:
        answer = http.post(gateway.url(task.channel), content=b"{}", params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, "reserved"), query
    # Escaped, and with a body in chunks, a request goes another way through the gateway.
    for options in [{"params": {"retain": "state", "lines": 1}}, {"params": {"retain": "%73tate"}}]:
        url = f"{gateway.url(task.channel)}?" + "&".join(f"{key}={value}" for key, value in options["params"].items())
        answer = http.post(url, content=iter([b"{}\n"]))
        assert (answer.status_code, answer.json()["code"]) == (400, "reserved")
    lines = [json.dumps({"channel": task.channel, "data": "x"} | more) for more in ({"retain": "state"}, {"retain": "progress"}, {})]
    answers = [json.loads(line) for line in http.post(f"{gateway.base_url}/v1/publish", content="\n".join(lines)).text.splitlines()]
    assert [answer.get("code", answer.get("offset")) for answer in answers] == ["reserved", 1, 2]
    assert http.post(gateway.url(f"other:{task.id}"), content=b"{}", params={"retain": "state"}).status_code == 200


def test_another_namespace_is_another_reserve(start_gateway):
    gateway = start_gateway({"tasks.namespace": "job"})
    answer = http.post(f"{gateway.base_url}/v1/tasks", json={"id": "1"})
    assert answer.json()["channel"] == "job:1"
    assert http.post(gateway.url("job:1"), content=b"{}", params={"retain": "state"}).json()["code"] == "reserved"
    assert http.post(gateway.url("task:1"), content=b"{}", params={"retain": "state"}).status_code == 200
