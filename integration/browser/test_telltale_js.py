"""telltale.js in a real browser: what a page is told, over each transport, alone and shared."""

import gzip
import re
from pathlib import Path

import httpx
import pytest
from follows import Tab, Tasks, readers
from gateway import until

PAGE = Path(__file__).resolve().parents[2] / "Sources/Gateway/Web/page"
LARGEST = 6 * 1024


@pytest.fixture
def open_tab(browser_context, gateway):
    return lambda base_url=gateway.base_url: Tab(browser_context.new_page(), base_url)


@pytest.fixture
def tab(open_tab):
    return open_tab()


@pytest.fixture(params=["websocket", "sse", "poll"])
def transport(request):
    return request.param


@pytest.fixture(params=[True, False], ids=["shared", "alone"])
def shared(request):
    return request.param


def test_pages_of_any_origin_load_it_and_have_it_once(gateway):
    for name in ("telltale.js", "telltale.d.ts", "telltale-task.js"):
        url = f"{gateway.base_url}/{name}"
        answer = httpx.get(url)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
        tag = answer.headers["etag"]
        again = httpx.get(url, headers={"If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.headers["etag"], again.content) == (304, tag, b"")
        assert httpx.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


def test_it_is_small(gateway):
    served = httpx.get(f"{gateway.base_url}/telltale.js").content
    assert served == (PAGE / "telltale.js").read_bytes()
    assert len(gzip.compress(served, 9, mtime=0)) <= LARGEST


def test_its_types_are_those_it_has():
    """Without a compiler: every handler and option that one of the two files knows, the other knows too."""
    types, code = ((PAGE / name).read_text() for name in ("telltale.d.ts", "telltale.js"))
    handlers = set(re.findall(r"^  (on\w+)\?\(", types, re.M))
    assert handlers == set(re.findall(r"\"(on(?:message|task|state|gap|end|error))\"", code))
    options = re.search(r"interface Options \{(.*?)\n\}", types, re.S)[1]
    for option in re.findall(r"^  (\w+)\?:", options, re.M):
        assert re.search(rf"\b{option}\b", code), option
    assert re.findall(r"^export (?:function|const|class) (\w+)", code, re.M) == ["follow"]
    assert re.findall(r"^export (?:declare )?function (\w+)", types, re.M) == ["follow"]


def test_a_channel_is_followed_from_its_beginning(gateway, tab, transport, shared):
    gateway.publish("news", "one")
    tab.follow("news", transports=[transport], shared=shared).until_lines(["one"])
    assert tab.seen("states.at(-1)") == {"state": "live", "transport": transport}
    gateway.publish("news", "two", event="greeting", retain="last")
    tab.until_lines(["one", "two"])
    message = tab.seen("messages[1]")
    assert {key: message[key] for key in ("channel", "offset", "event", "retain")} == {
        "channel": "news", "offset": 2, "event": "greeting", "retain": "last"}
    assert tab.seen("following.position") == f"{message['epoch']}:2"


def test_data_is_text_or_a_value(gateway, tab):
    gateway.publish("news", '{"as": "text"}')
    httpx.post(gateway.url("news"), json={"as": ["value"]})
    tab.follow("news").until("messages.length === 2")
    assert tab.lines() == ['{"as": "text"}', {"as": ["value"]}]


def test_it_starts_where_it_is_told(gateway, tab, transport):
    for line in ("one", "two", "three"):
        position = gateway.publish("news", line)
    starts = {
        "all": "earliest", "last": "last:2", "after": f"{position['epoch']}:2", "none": "latest",
        "other": "last:1", "unsaid": ""}
    for name, since in starts.items():
        tab.follow("news", name, since=since, transports=[transport])
    for name in starts:
        tab.until_live(name)
    gateway.publish("news", "four")
    for name, first in {"all": 0, "last": 1, "after": 2, "none": 3, "other": 2, "unsaid": 0}.items():
        tab.until_lines(["one", "two", "three", "four"][first:], name)


def test_follows_come_and_go_while_it_is_connected(gateway, tab, transport):
    for channel in "abc":
        gateway.publish(channel, f"{channel} one")
    tab.follow("a", "a", transports=[transport]).until_live("a")
    tab.follow("b", "b", transports=[transport]).follow("c", "c", transports=[transport])
    tab.until_live("b").until_live("c")
    tab.page.evaluate("seen.b.following.close()")
    for channel in "abc":
        gateway.publish(channel, f"{channel} two")
    tab.until_lines(["a one", "a two"], "a").until_lines(["c one", "c two"], "c")
    tab.follow("b", "again", transports=[transport]).until_lines(["b one", "b two"], "again")
    assert tab.lines("b") == ["b one"]


def test_an_end_is_told(gateway, tab, transport):
    gateway.publish("news", "one")
    gateway.publish("news", "last", close=1)
    gateway.publish("other", "one")
    tab.follow("news", transports=[transport]).follow("other", "other", transports=[transport])
    tab.until("ends.length === 1").until_lines(["one", "last"])
    assert tab.seen("ends") == ["closed"]
    assert tab.seen("states.at(-1)") == {"state": "ended", "reason": "closed"}
    # Whoever comes later has nothing to be told about.
    tab.until_lines(["one"], "other")
    httpx.delete(gateway.url("other"))
    tab.until("ends[0] === 'deleted'", "other")


def test_one_refusal_ends_no_other(gateway, tab, transport):
    gateway.publish("good", "one")
    tab.follow("bad name", "bad", transports=[transport]).follow("good", transports=[transport])
    tab.follow("an other", "worse", transports=[transport])
    for name in ("bad", "worse"):
        tab.until("errors.length && states.at(-1).state === 'ended'", name)
        assert tab.seen("errors[0].code", name) == "invalid_channel"
    tab.until_lines(["one"])
    gateway.publish("good", "two")
    tab.until_lines(["one", "two"])


def test_a_start_that_is_none_ends_no_other_follow_of_the_channel(gateway, tab, transport):
    gateway.publish("news", "one")
    tab.follow("news", transports=[transport]).until_lines(["one"]).until_live()
    tab.follow("news", "bad", transports=[transport], since="yesterday").until("errors.length === 1", "bad")
    assert tab.seen("errors[0].code", "bad") == "invalid_position"
    gateway.publish("news", "two")
    tab.until_lines(["one", "two"])
    assert tab.seen("errors") == []


def test_what_is_closed_is_read_no_more(gateway, tab, transport):
    tab.follow("kept", "kept", transports=[transport]).follow("left", "left", transports=[transport])
    tab.until_live("kept").until_live("left")
    gateway.publish("left", "one")
    tab.until_lines(["one"], "left")
    tab.page.evaluate("seen.left.following.close()")
    until(lambda: readers(gateway, "left") == 0, 10, "the closed follow still reads")


def test_many_long_names_are_carried_by_any_transport(gateway, tab, transport):
    channels = [f"{number}:{'long/' * 38}" for number in range(40)]
    for channel in channels:
        gateway.publish(channel, channel)
    tab.page.evaluate("""async ([channels, transport]) => {
        const { follow } = await import("/telltale.js");
        globalThis.seen = { it: { lines: [], errors: [] } };
        const handlers = { onmessage: ({ data }) => seen.it.lines.push(data), onerror: (e) => seen.it.errors.push(e) };
        for (const name of channels) follow(name, { ...handlers, transports: [transport] });
    }""", [channels, transport])
    tab.until("errors.length || lines.length === 40")
    for channel in channels:
        gateway.publish(channel, "again")
    tab.until("errors.length || lines.length === 80")
    assert tab.seen("errors") == []


def test_a_position_of_another_life_is_a_gap(gateway, tab, transport):
    gateway.publish("news", "one")
    tab.follow("news", since="abc123:40", transports=[transport]).until_lines(["one"])
    assert tab.seen("gaps.map(({ asked, reason, have_from }) => [asked, reason, have_from])") == [
        ["abc123:40", "epoch", 1]]


def test_a_handler_that_throws_disturbs_nobody(gateway, tab):
    gateway.publish("news", "one")
    tab.page.evaluate("""async () => {
        addEventListener("error", () => (globalThis.thrown = true));
        const { follow } = await import("/telltale.js");
        follow("news", { onmessage() { throw new Error("mine"); } });
    }""")
    tab.follow("news").until_lines(["one"])
    tab.page.wait_for_function("thrown")


def test_a_task_is_shown_as_the_gateway_has_it(gateway, tab, transport):
    tasks = Tasks(gateway)
    tab.follow({"task": "42"}, transports=[transport]).until("tasks.at(-1)?.state === 'unknown'")
    tasks.create("42", title="Build", meta={"of": 1})
    tab.until("tasks.at(-1).state === 'queued'")
    steps = [
        {"state": "started", "worker": "w1"},
        {"progress": {"current": 1, "total": 3}},
        {"log": "one\ntwo", "progress": {"percent": 60, "note": "on"}},
        {"state": "finished", "result": {"is": "good"}},
    ]
    for step in steps:
        position = tasks.change("42", **step)["position"]
        tab.until(f"tasks.at(-1).position === '{position}'")
        assert tab.seen("tasks.at(-1)") == tasks.snapshot("42")
    tab.until("ends.length === 1")
    assert tab.seen("messages.filter(({ event }) => event === 'log').map(({ data }) => data)") == ["one", "two"]


def test_a_new_attempt_begins_without_the_progress_of_the_old(gateway, tab):
    tasks = Tasks(gateway)
    tasks.create("42")
    tasks.change("42", state="started", lease=1, progress={"percent": 90})
    tab.follow({"task": "42"}).until("tasks.at(-1)?.progress?.percent === 90").until("tasks.at(-1).state === 'lost'")
    assert tab.seen("tasks.at(-1)") == tasks.snapshot("42")
    again = tasks.change("42", state="started", attempt=2)
    tab.until(f"tasks.at(-1).position === '{again['position']}'")
    assert tab.seen("tasks.at(-1)") == again
    assert "progress" not in again


def test_a_finished_task_shows_its_end_to_who_comes_late_or_back(gateway, tab, transport):
    tasks = Tasks(gateway)
    tasks.create("42")
    tasks.change("42", state="started", log="line")
    end = tasks.change("42", state="failed", error="no luck")
    tab.follow({"task": "42"}, "late", transports=[transport]).until("ends.length === 1", "late")
    tab.follow({"task": "42"}, "back", transports=[transport], since=end["position"]).until("ends.length === 1", "back")
    for name in ("late", "back"):
        assert tab.seen("tasks.at(-1)", name) == end


def test_a_task_and_its_channel_are_followed_at_once(gateway, tab, transport):
    tasks = Tasks(gateway)
    tasks.create("42")
    tab.follow("task:42", "channel", transports=[transport]).until_live("channel")
    tab.follow({"task": "42"}, "task", transports=[transport]).until_live("task")
    tab.follow("task:42", "later", transports=[transport], since="latest").until_live("later")
    tab.follow("other:42", "other", transports=[transport]).until_live("other")
    tasks.change("42", state="started", log="line")
    tasks.change("42", state="finished")
    for name in ("channel", "task", "later"):
        tab.until("ends.length === 1", name)
        assert tab.seen("messages.map(({ offset }) => offset)", name)[-3:] == [2, 3, 4]
    gateway.publish("other:42", "its own")
    tab.until_lines(["its own"], "other")
