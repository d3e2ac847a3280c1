"""A task's snapshot, its backlog and what comes, as one sequence on every stream."""

import json
import threading
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from client import http
from gateway import until
from httpx_sse import EventSource
from process import metric
from task_calls import CalledTask
from websockets.sync.client import connect

SECONDS = 15
ACCEPT = {"Accept": "text/event-stream"}


@pytest.fixture
def task(gateway):
    return CalledTask(gateway)


@contextmanager
def events_of(url, headers=ACCEPT, **query):
    with http.stream("GET", url, headers=headers, params=query) as response:
        assert response.status_code == 200
        yield (event for event in EventSource(response).iter_sse() if event.data or event.id)


def sse(task, since=None, last_event_id=None):
    headers = ACCEPT | ({"Last-Event-ID": last_event_id} if last_event_id else {})

    @contextmanager
    def opened():
        with events_of(task.url, headers, **({"since": since} if since else {})) as events:
            yield (_of_event(event) for event in events)
    return opened()


def _of_event(event):
    if event.event == "task":
        assert not event.id or event.id.startswith("0") or ":" in event.id
        return {"type": "task", "task": json.loads(event.data)}
    own = {"stream-open": "subscribed", "stream-gap": "gap", "stream-end": "end"}
    if event.event in own:
        return {"type": own[event.event], "position": event.id} | json.loads(event.data)
    data = json.loads(event.data) if event.event in ("state", "progress") else event.data
    return {"type": "message", "event": event.event, "data": data, "offset": int(event.id.rsplit(":", 1)[1]), "position": event.id}


@contextmanager
def websocket(task, since=None, last_event_id=None):
    query = {"task": task.id} | ({"since": since} if since else {}) | ({"last_event_id": last_event_id} if last_event_id else {})
    with connect(f"ws://127.0.0.1:{task.gateway.port}/v1/ws?{urlencode(query)}", open_timeout=SECONDS) as connection:
        frames = (json.loads(text) for text in iter(lambda: connection.recv(timeout=SECONDS), None))
        assert next(frames)["type"] == "open"
        yield frames


@contextmanager
def frames_of(gateway, **query):
    with http.stream("GET", f"{gateway.base_url}/v1/events", params={"form": "frames"} | query) as response:
        assert response.status_code == 200 and response.headers["content-type"] == "text/event-stream"
        lines = (line for line in response.iter_lines() if line)
        frames = (json.loads(line.removeprefix("data: ")) for line in lines)
        assert next(frames) == {"type": "open", "protocol": "telltale.v1"}
        yield frames


@contextmanager
def frames(task, since=None, last_event_id=None):
    query = {"task": task.id} | ({"since": since} if since else {})
    if last_event_id:
        query["last_event_id"] = urlencode({task.channel: last_event_id})
    with frames_of(task.gateway, **query) as found:
        yield found


FOLLOW = {"sse": sse, "websocket": websocket, "frames": frames}


@pytest.fixture(params=FOLLOW)
def follow(request):
    return FOLLOW[request.param]


def until_end(frames):
    found = []
    for frame in frames:
        found.append(frame)
        if frame["type"] == "end":
            return found


def test_the_snapshot_comes_first_then_the_backlog_then_what_comes(task, follow):
    task.create(title="T")
    task.patch(state="started", log="one", progress={"percent": 10})
    with follow(task) as found:
        snapshot = next(found)
        assert snapshot["type"] == "task" and snapshot["task"] == task.get().json()
        opening = next(found)
        assert (opening["type"], opening["channel"], opening["complete"]) == ("subscribed", task.channel, True)
        assert [next(found)["event"] for _ in range(4)] == ["state", "state", "progress", "log"]
        task.patch(progress={"percent": 20})
        assert next(found)["data"] == {"percent": 20}
        task.patch(state="finished", log="two")
        assert [(frame["type"], frame.get("event")) for frame in until_end(found)] == [
            ("message", "log"), ("message", "state"), ("end", None)]


def test_who_wants_only_what_comes_gets_what_comes_after_the_snapshot(task, follow):
    task.create()
    task.patch(state="started", log="old")
    with follow(task, since="latest") as found:
        top = next(found)["task"]
        opening = next(found)
        assert opening["top"] == 3 and opening["position"].endswith(":3") and top["state"] == "started"
        task.patch(log="new")
        assert next(found)["data"] == "new"


def test_the_stream_of_a_task_that_is_not_there_waits_for_it(task, follow):
    with follow(task) as found:
        assert next(found)["task"] == {"id": task.id, "channel": task.channel, "state": "unknown"}
        assert next(found)["type"] == "subscribed"
        task.create()
        message = next(found)
        assert (message["event"], message["offset"], message["data"]["state"]) == ("state", 1, "queued")


def test_a_reader_that_comes_back_gets_the_snapshot_and_the_rest(task, follow):
    task.create()
    task.patch(state="started", log="one")
    with follow(task) as found:
        *_, last = (next(found) for _ in range(4))
        position = last.get("position") or f"{last['epoch']}:{last['offset']}"
    task.patch(log="two", state="finished")
    with follow(task, last_event_id=position) as found:
        kinds = until_end(found)
        assert kinds[0]["task"]["state"] == "finished"
        assert [frame["data"] for frame in kinds if frame.get("event") == "log"] == ["one", "two"]
        assert [frame["offset"] for frame in kinds if frame["type"] == "message"] == [3, 4, 5]


def test_a_reader_that_has_everything_of_an_ended_task_gets_204(task):
    task.create()
    position = task.patch(state="cancelled")["position"]
    answer = http.get(task.url, headers=ACCEPT | {"Last-Event-ID": position})
    assert (answer.status_code, answer.content) == (204, b"")
    query = {"task": task.id, "last_event_id": urlencode({task.channel: position})}
    assert http.get(f"{task.gateway.base_url}/v1/events", params=query).status_code == 204


def test_snapshots_have_no_id_so_that_a_reader_comes_back_to_where_it_was(task):
    task.create()
    with events_of(task.url) as events:
        first, second = next(events), next(events)
        assert (first.event, first.id) == ("task", "") and (second.event, bool(second.id)) == ("stream-open", True)


def test_an_upgrade_at_the_tasks_own_address_follows_it(task):
    task.create()
    with connect(f"ws://127.0.0.1:{task.gateway.port}/v1/tasks/{task.id}") as connection:
        kinds = [json.loads(connection.recv(timeout=SECONDS))["type"] for _ in range(4)]
        assert kinds == ["open", "task", "subscribed", "message"]


def test_one_stream_follows_tasks_and_channels_together(gateway, channel, task):
    other = CalledTask(gateway)
    task.create()
    gateway.publish(channel, "plain")
    query = [("task", task.id), ("task", other.id), ("channel", channel), ("channel", task.channel)]
    with http.stream("GET", f"{gateway.base_url}/v1/events", params=query) as response:
        events = (event for event in EventSource(response).iter_sse() if event.data)
        found = [next(events) for _ in range(7)]
        snapshots = {json.loads(event.data)["id"]: index for index, event in enumerate(found) if event.event == "task"}
        opened = {json.loads(event.data)["channel"]: index for index, event in enumerate(found) if event.event == "stream-open"}
        assert set(snapshots) == {task.id, other.id} and set(opened) == {task.channel, other.channel, channel}
        for one in (task, other):
            assert snapshots[one.id] == opened[one.channel] - 1
        assert {event.data for event in found if event.event == "message"} == {"plain"}
        other.create()
        assert json.loads(next(events).data)["state"] == "queued"


def test_a_task_that_is_changed_while_readers_come_loses_nothing_between_snapshot_and_stream(task, follow):
    """What a reader makes of the snapshot and the later messages is what the task is, whenever the reader came."""
    task.create()
    task.patch(state="started")
    stop, count = threading.Event(), 0

    def work():
        nonlocal count
        while not stop.is_set():
            count += 1
            task.patch(progress={"current": count}, meta={"step": count}, log=f"line {count}")
    worker = threading.Thread(target=work)
    worker.start()
    try:
        for since in ("earliest", "latest", "last:1", "last:3") * 5:
            with follow(task, since=since) as found:
                snapshot = next(found)["task"]
                opening = next(found)
                assert opening["type"] == "subscribed", opening
                step = snapshot.get("meta", {"step": 0})["step"]
                seen = step
                at = int(snapshot["position"].rsplit(":", 1)[1])
                for frame in found:
                    assert frame["type"] == "message", frame
                    if frame["event"] != "state" or frame["offset"] <= at:
                        continue
                    assert frame["data"]["meta"]["step"] == seen + 1, (since, step, seen, frame)
                    seen += 1
                    if seen == step + 3:
                        break
    finally:
        stop.set()
        worker.join()


# Frames


def test_a_poll_ends_with_the_turn_that_has_brought_something(task):
    task.create()
    task.patch(state="started", log="one")
    with frames_of(task.gateway, task=task.id, wait=20) as found:
        kinds = list(found)
    assert [frame["type"] for frame in kinds] == ["task", "subscribed", "message", "message", "message"]
    position = f"{kinds[-1]['epoch']}:{kinds[-1]['offset']}"
    until(lambda: metric(http, task.gateway, "sessions") == 0, 10, "readers of other tests stay")
    answers = {}

    def poll():
        answers["body"] = http.get(
            f"{task.gateway.base_url}/v1/events",
            params={"form": "frames", "task": task.id, "wait": 20, "last_event_id": urlencode({task.channel: position})}).text
    waiting = threading.Thread(target=poll)
    waiting.start()
    until(lambda: metric(http, task.gateway, "sessions") == 1, 5, "the poll does not wait")
    task.patch(log="two")
    waiting.join()
    frames = [json.loads(line[6:]) for line in answers["body"].splitlines() if line]
    assert [frame["type"] for frame in frames] == ["open", "task", "subscribed", "message"]
    assert frames[-1]["data"] == "two"


def test_a_poll_in_which_nothing_comes_ends_with_a_ping(task):
    task.create()
    with frames_of(task.gateway, task=task.id, since="latest", wait=1) as found:
        assert [frame["type"] for frame in found] == ["task", "subscribed", "ping"]


def test_a_chain_of_polls_sees_every_line_once(task):
    task.create()
    lines = [str(number) for number in range(150)]
    writer = threading.Thread(target=lambda: [task.patch(log=line) for line in lines] + [task.patch(state="cancelled")])
    writer.start()
    seen, position, ended = [], None, False
    while not ended:
        with frames(task, last_event_id=position) if position else frames_of(task.gateway, task=task.id, wait=10) as found:
            for frame in found:
                assert frame["type"] not in ("gap", "error"), frame
                if frame["type"] == "message":
                    position = f"{frame['epoch']}:{frame['offset']}"
                    seen += [frame["data"]] if frame["event"] == "log" else []
                ended = ended or frame["type"] == "end"
    writer.join()
    assert seen == lines


def test_frames_are_those_of_websocket(gateway, channel):
    gateway.publish(channel, "one")
    http.post(gateway.url(channel), content=b'{\n "a": 1\r\n}', headers={"Content-Type": "application/json"})
    gateway.publish(channel, "two\nlines", close=1)
    with frames_of(gateway, channel=channel) as found:
        by_events = list(found)
    with connect(f"ws://127.0.0.1:{gateway.port}/v1/ws?channel={channel}") as connection:
        by_websocket = [json.loads(connection.recv(timeout=SECONDS)) for _ in range(6)][1:]
    assert by_events == by_websocket and by_events[-1]["type"] == "end"


def test_silence_is_broken_by_ping_frames(start_gateway, channel):
    gateway = start_gateway({"heartbeat": "1s"})
    with frames_of(gateway, channel=channel) as found:
        assert next(found)["type"] == "subscribed"
        assert [next(found) for _ in range(2)] == [{"type": "ping"}] * 2


@pytest.mark.parametrize("query", [{"form": "other"}, {"form": "frames", "wait": "0"}, {"form": "frames", "wait": "61"}])
def test_a_form_that_there_is_not_is_refused(gateway, channel, query):
    answer = http.get(f"{gateway.base_url}/v1/events", params={"channel": channel} | query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_query")
    assert http.get(f"{gateway.base_url}/v1/events", params={"task": "a*b"}).json()["code"] == "invalid_id"


# Over WebSocket


def test_a_task_is_subscribed_to_by_its_id(task):
    task.create()
    with connect(f"ws://127.0.0.1:{task.gateway.port}/v1/ws") as connection:
        def say(**fields):
            connection.send(json.dumps(fields))

        def hear():
            return json.loads(connection.recv(timeout=SECONDS))
        assert hear()["type"] == "open"
        say(type="subscribe", id=1, task=task.id)
        snapshot, subscribed, message = hear(), hear(), hear()
        assert (snapshot["type"], snapshot["id"], snapshot["task"]["id"]) == ("task", 1, task.id)
        assert (subscribed["type"], subscribed["id"], subscribed["task"], subscribed["channel"]) == ("subscribed", 1, task.id, task.channel)
        assert message["event"] == "state"
        say(type="subscribe", id=2, channel=task.channel)
        assert hear()["code"] == "already_subscribed"
        say(type="unsubscribe", id=3, task=task.id)
        assert hear() == {"type": "unsubscribed", "id": 3, "channel": task.channel, "task": task.id}
        say(type="unsubscribe", task=task.id)
        assert hear()["code"] == "not_subscribed"
        # A subscription that is taken back before it has opened, and made again.
        say(type="subscribe", id=4, task=task.id)
        say(type="unsubscribe", id=5, task=task.id)
        say(type="subscribe", id=6, task=task.id)
        answered = []
        while ("subscribed", 6) not in answered:
            frame = hear()
            answered.append((frame["type"], frame.get("id")))
        answered = [answer for answer in answered if answer[1]]
        assert answered[-3:] == [("unsubscribed", 5), ("task", 6), ("subscribed", 6)]
        assert hear()["event"] == "state"
        for wrong, code in [({"task": "a b"}, "invalid_id"), ({"task": 1}, "invalid_field"), ({"task": "x", "channel": "y"}, "invalid_field")]:
            say(type="subscribe", **wrong)
            assert hear()["code"] == code
        say(type="publish", id=7, channel=task.channel, data="x", retain="state")
        assert hear()["code"] == "reserved"


def test_tasks_count_as_subscriptions(start_gateway):
    gateway = start_gateway({"limits.subscriptions": 2})
    assert http.get(f"{gateway.base_url}/v1/events", params=[("task", "a"), ("task", "b"), ("channel", "c")]).status_code == 429
    with connect(f"ws://127.0.0.1:{gateway.port}/v1/ws") as connection:
        for number in range(3):
            connection.send(json.dumps({"type": "subscribe", "id": number, "task": f"t{number}"}))
        heard = [json.loads(connection.recv(timeout=SECONDS)) for _ in range(6)]
        assert [(frame["id"], frame["code"]) for frame in heard if frame["type"] == "error"] == [(2, "too_many_subscriptions")]
        assert {frame["task"] for frame in heard if frame["type"] == "subscribed"} == {"t0", "t1"}
