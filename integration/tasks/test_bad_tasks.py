"""What no task can be, or can't do now: it is told in a problem document, and nothing has changed."""

import itertools
import json

import pytest
from client import PooledGateway, http
from raw import Connection
from watched_task import WatchedTask

_numbers = itertools.count(1)
LIMIT = 4096  # limits.message_bytes, here
NO_NAMES = ["a%20b", "%C3%A9", "a%00b", "a*b", "x" * 200, "x:control", "%FF"]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    gateway = PooledGateway(tmp_path_factory.mktemp("tasks") / "gateway.log", {"limits.message_bytes": LIMIT}).start()
    yield gateway
    assert gateway.is_alive()
    gateway.stop()


@pytest.fixture
def task(gateway):
    return WatchedTask(gateway, f"bad-{next(_numbers)}")


@pytest.fixture
def started(task):
    """In its second attempt, with all that a task may have."""
    task.patch(state="started", attempt=1)
    task.patch(state="failed", error="first")
    task.patch(state="started", attempt=2, title="A title", worker="w", lease=3600, progress={"current": 1, "total": 3}, log="a line")
    return task


def refused(task, method, path, status, code, body=None, **options):
    """The problem; what is known of the task is after it what it was before."""
    def known():
        return http.get(task.url).json(), http.get(task.gateway.url(task.channel)).json()

    before = known()
    content = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    answer = http.request(method, f"{task.gateway.base_url}{path}", content=content, **options)
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), problem
    assert problem["title"] and problem["detail"]
    assert known() == before
    return problem


def patch_refused(task, status, code, body):
    return refused(task, "PATCH", f"/v1/tasks/{task.id}", status, code, body)


@pytest.mark.parametrize("state", ["done", "lost", "STARTED", "", "unknown", 1, None, ["started"], {"state": "started"}])
def test_a_state_that_is_none_is_refused(started, state):
    patch_refused(started, 400, "invalid_state", {"state": state, "log": "never said"})


@pytest.mark.parametrize("progress", [
    {"current": 4, "total": 3}, {"current": -1}, {"total": -1}, {"percent": -0.5}, {"percent": 100.5}, {"current": 1e309}, {"current": "1"},
    {"percent": "NaN"}, {"percent": True}, {"note": 1}, {"done": 1}, [], 50, "half", None, {}])
def test_progress_that_is_none_is_refused(started, progress):
    body = json.dumps({"progress": progress, "log": "never said"}).replace("Infinity", "1e309")
    patch_refused(started, 400, "invalid_progress", body.encode())


@pytest.mark.parametrize("body", [
    b'{"progress":{"percent":NaN}}', b'{"progress":{"percent":Infinity}}', b'{"progress":{"current":01}}', b'{"state":"started"', b"{} {}", b"nul"])
def test_what_is_no_json_is_refused(started, body):
    patch_refused(started, 400, "invalid_json", body)


@pytest.mark.parametrize("body", [b"[]", b'"started"', b"1", b"null"])
def test_what_is_no_object_is_refused(started, body):
    problem = http.patch(started.url, content=body)
    assert problem.status_code == 400
    patch_refused(started, 400, problem.json()["code"], body)
    assert refused(started, "POST", "/v1/tasks", 400, problem.json()["code"], body)


@pytest.mark.parametrize("lease", [0, -1, 86_401, 31_536_000, 1.5, "30", "30s", None, 1e300])
def test_a_lease_that_is_none_is_refused(started, lease):
    patch_refused(started, 400, "invalid_lease", {"lease": lease, "log": "never said"})


@pytest.mark.parametrize("fields", [
    {"stat": "started"}, {"title": 1}, {"title": "x" * 513}, {"worker": "x" * 257}, {"worker": {}}, {"log": {"a": 1}}, {"log": [1]},
    {"attempt": 0}, {"attempt": -1}, {"attempt": 1.5}, {"attempt": "2"}, {"attempt": 1 << 64}, {"id": "another"}])
def test_a_field_that_is_none_is_refused_by_name(started, fields):
    problem = patch_refused(started, 400, "invalid_field", {"progress": {"percent": 99}} | fields)
    assert next(iter(fields)) in problem["detail"]


@pytest.mark.parametrize("fields", [{"id": 1}, {"state": "finished"}, {"progress": {}}, {"title": 1}, {"attempt": 0}])
def test_a_creation_with_what_can_not_be_is_refused(gateway, task, fields):
    answer = http.post(f"{gateway.base_url}/v1/tasks", json={"id": task.id} | fields)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["code"] in ("invalid_field", "invalid_id", "invalid_state", "invalid_progress")
    assert http.get(task.url).status_code == 404


@pytest.mark.parametrize("change", [{"result": "x" * LIMIT}, {"error": "x" * LIMIT}, {"meta": {"a": "x" * LIMIT}}, {"log": "x" * (LIMIT + 1)}])
def test_more_than_a_message_holds_is_refused(started, change):
    patch_refused(started, 413, "message_too_large", {"progress": {"percent": 99}} | change)


@pytest.mark.parametrize("attempt", [None, 2])
@pytest.mark.parametrize("state", ["queued"])
def test_a_transition_that_is_not_allowed_says_where_the_task_is(started, state, attempt):
    fields = {"state": state, "log": "never said"} | ({"attempt": attempt} if attempt else {})
    problem = patch_refused(started, 409, "illegal_transition", fields)
    assert (problem["state"], problem["attempt"]) == ("started", 2)


@pytest.mark.parametrize("state", ["finished", "failed"])
def test_a_queued_task_can_not_end_before_it_began(gateway, task, state):
    http.post(f"{gateway.base_url}/v1/tasks", json={"id": task.id}).raise_for_status()
    problem = patch_refused(task, 409, "illegal_transition", {"state": state})
    assert (problem["state"], problem["attempt"]) == ("queued", 1)


@pytest.mark.parametrize("change", [{}, {"log": "late"}, {"progress": {"percent": 1}}, {"state": "started"}, {"result": 1}, {"title": "late"}])
@pytest.mark.parametrize("end", ["finished", "failed", "cancelled"])
def test_an_ended_task_takes_nothing_more(started, end, change):
    started.patch(state=end)
    problem = patch_refused(started, 409, "illegal_transition", change)
    assert (problem["state"], problem["attempt"]) == (end, 2)


@pytest.mark.parametrize("end", ["finished", "failed", "cancelled"])
def test_an_ended_task_can_not_be_cancelled_or_said_lines_of(started, end):
    started.patch(state=end)
    for path, body in ("cancel", None), ("log", b"late\n"), ("log?lines=1", b"late\n"):
        problem = refused(started, "POST", f"/v1/tasks/{started.id}/{path}", 409, "illegal_transition", body)
        assert (problem["state"], problem["attempt"]) == (end, 2)
    assert http.get(f"{started.gateway.url(started.channel)}:control").json()["top"] == 0


@pytest.mark.parametrize("change", [{}, {"log": "zombie"}, {"progress": {"percent": 1}}, {"state": "finished"}, {"state": "started"}])
def test_an_earlier_attempt_can_write_nothing(started, change):
    problem = patch_refused(started, 409, "fenced", change | {"attempt": 1})
    assert (problem["state"], problem["attempt"]) == ("started", 2)
    refused(started, "POST", f"/v1/tasks/{started.id}/log?lines=1&attempt=1", 409, "fenced", b"zombie\n")


def test_a_task_that_there_is_can_not_be_created_again(started):
    problem = refused(started, "POST", "/v1/tasks", 409, "illegal_transition", {"id": started.id, "title": "Mine"})
    assert (problem["state"], problem["attempt"]) == ("started", 2)
    refused(started, "POST", "/v1/tasks", 409, "fenced", {"id": started.id, "attempt": 1})


@pytest.mark.parametrize("name", NO_NAMES)
def test_an_id_that_is_no_channel_name_is_refused(gateway, name):
    for method, path in ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/cancel"), ("POST", "/log"), ("GET", "/log"):
        with Connection(gateway) as connection:
            answer = connection.request(method, f"/v1/tasks/{name}{path}", body=b"{}" if method in ("PATCH", "POST") else None).answer()
            assert (answer.status, answer.code) == (400, "invalid_id"), (method, path, answer)


@pytest.mark.parametrize("id", ["a b", "é", "x" * 200, "x:control", "", "a\u0000b", ".", ".."])
def test_a_creation_with_an_id_that_is_no_channel_name_is_refused(gateway, id):
    answer = http.post(f"{gateway.base_url}/v1/tasks", json={"id": id})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_id")


def test_a_task_that_nobody_knows(gateway, task):
    for method, path, body in [
            ("GET", "", None), ("PATCH", "", {}), ("PATCH", "", {"state": "finished"}), ("PATCH", "", {"log": "x"}), ("POST", "/cancel", None),
            ("POST", "/log", b"x"), ("DELETE", "", None)]:
        problem = refused(task, method, f"/v1/tasks/{task.id}{path}", 404, "unknown_task", body)
        assert problem["state"] == "unknown"


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=-1", "state=nonsense", "state=started,nonsense", "cursor=nonsense"])
def test_a_list_that_can_not_be_is_refused(started, query):
    refused(started, "GET", f"/v1/tasks?{query}", 400, "invalid_query")


@pytest.mark.parametrize("wait", ["x", "-1", "61"])
def test_a_wait_that_is_none_is_refused(started, wait):
    refused(started, "GET", f"/v1/tasks/{started.id}?wait={wait}", 400, "invalid_query")


@pytest.mark.parametrize("method, path", [("PUT", ""), ("POST", ""), ("DELETE", "/log"), ("PATCH", "/log"), ("GET", "/cancel"), ("PATCH", "/cancel")])
def test_another_method_is_refused_with_those_that_there_are(started, method, path):
    refused(started, method, f"/v1/tasks/{started.id}{path}", 405, "method_not_allowed", b"{}" if method != "GET" else None)


def test_the_state_of_a_task_is_published_by_no_other_way(started):
    state = {"state": "finished", "attempt": 2}
    path, query = f"/v1/channels/{started.channel}", "?event=state&retain=state"
    problem = refused(started, "POST", path + query, 400, "reserved", state, headers={"Content-Type": "application/json"})
    assert "PATCH" in problem["detail"]
    before = started.messages
    line = json.dumps({"channel": started.channel, "event": "state", "retain": "state", "data": state})
    answer = http.post(f"{started.gateway.base_url}/v1/publish", content=line)
    assert json.loads(answer.text)["code"] == "reserved"
    assert started.messages == before
