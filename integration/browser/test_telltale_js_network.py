"""telltale.js on networks as they are: proxies that meddle, gateways that die, tabs that come, go and crash."""

import httpx
import pytest
from follows import Tab, Tasks, readers
from gateway import until
from middlebox import Middlebox


@pytest.fixture
def middlebox(gateway):
    middlebox = Middlebox(gateway.port)
    yield middlebox
    middlebox.close()


@pytest.fixture
def open_tab(browser_context, middlebox):
    return lambda: Tab(browser_context.new_page(), middlebox.base_url)


@pytest.fixture
def tab(open_tab):
    return open_tab()


@pytest.fixture(params=["websocket", "sse", "poll"])
def transport(request):
    return request.param


def test_where_upgrades_are_refused_it_takes_the_next_best(gateway, middlebox, tab):
    middlebox.refuses_upgrades = True
    gateway.publish("news", "one")
    tab.follow("news").until_lines(["one"], seconds=4)
    assert tab.seen("states.at(-1)") == {"state": "live", "transport": "sse"}
    gateway.publish("news", "two")
    tab.until_lines(["one", "two"])


def test_a_proxy_that_opens_and_lets_nothing_through_is_got_round_by_polling(gateway, middlebox, tab):
    middlebox.buffers = True
    tasks = Tasks(gateway)
    tasks.create("42")
    tab.follow({"task": "42"}).until("tasks.length > 0", seconds=20)
    tab.until_live()
    assert tab.seen("states.at(-1).transport") == "poll"
    # What is followed then need not wait until the poll is over.
    gateway.publish("news", "one")
    tab.follow("news", "news").until_lines(["one"], "news", seconds=5)
    tasks.change("42", state="started", log="\n".join(str(line) for line in range(50)))
    end = tasks.change("42", state="finished")
    tab.until("ends.length === 1", seconds=20)
    assert tab.seen("messages.filter(({ event }) => event === 'log').map(({ data }) => +data)") == list(range(50))
    assert tab.seen("tasks.at(-1)") == end


def test_what_worked_is_tried_first_after_a_reload(gateway, middlebox, tab):
    middlebox.refuses_upgrades = True
    gateway.publish("news", "one")
    tab.follow("news").until_lines(["one"])
    tab.page.reload()
    asked = middlebox.count("/v1/ws")
    tab.follow("news").until_lines(["one"])
    assert middlebox.count("/v1/ws") == asked


def test_a_gateway_that_comes_back_empty_is_a_gap_and_it_goes_on(gateway, tab, transport):
    gateway.publish("news", "one")
    gateway.publish("news", "two")
    tab.follow("news", transports=[transport]).until_lines(["one", "two"]).until_live()
    gateway.kill()
    tab.until("states.at(-1).state === 'offline'")
    gateway.start()
    gateway.publish("news", "three")
    tab.until_lines(["one", "two", "three"], seconds=40)
    assert tab.seen("gaps.map(({ reason }) => reason)") == ["epoch"]


def test_a_lost_connection_is_taken_up_where_it_was(gateway, middlebox, tab, transport):
    gateway.publish("news", "0")
    tab.follow("news", "shown", transports=[transport]).follow("news", "other", transports=[transport], since="latest")
    tab.until_live("shown").until_live("other")
    for line in range(1, 9):
        gateway.publish("news", str(line))
        if line % 3 == 0:
            middlebox.cut()
    lines = [str(line) for line in range(9)]
    tab.until_lines(lines, "shown", seconds=40).until_lines(lines[1:], "other", seconds=40)
    assert tab.seen("gaps", "shown") == []


def test_ten_tabs_share_one_connection(gateway, middlebox, open_tab, transport):
    gateway.publish("news", "one")
    tabs = [open_tab().follow("news", transports=[transport]) for _ in range(10)]
    for tab in tabs:
        tab.until_lines(["one"])
    gateway.publish("news", "two")
    gateway.publish("news", "last", close=1)
    for tab in tabs:
        tab.until("ends.length === 1")
        assert tab.lines() == ["one", "two", "last"]
    if transport == "websocket":
        assert middlebox.count("/v1/ws") == 1
    assert middlebox.most_streams <= 2


def test_ten_tabs_that_share_nothing_work_over_websocket(gateway, middlebox, open_tab):
    gateway.publish("news", "one")
    tabs = [open_tab().follow("news", shared=False) for _ in range(10)]
    for tab in tabs:
        tab.until_lines(["one"])
    assert middlebox.count("/v1/ws") == 10


def crash(tab):
    try:
        tab.page.goto("chrome://crash", timeout=5_000)
    except Exception:  # noqa: BLE001: playwright tells of the crash, which is what was asked for
        pass


def test_a_tab_that_is_closed_or_crashes_is_no_reader_and_a_worker_that_died_is_begun_anew(
        gateway, open_tab, chromium):
    stays, closed, crashed = (open_tab().follow(channel).until_live() for channel in ("stays", "closed", "crashed"))
    for channel in ("stays", "closed", "crashed", "shared"):
        gateway.publish(channel, "one")
    assert [readers(gateway, channel) for channel in ("stays", "closed", "crashed")] == [1, 1, 1]
    other = chromium.new_context()
    first, second = (Tab(other.new_page(), gateway.base_url).follow("shared").until_lines(["one"]) for _ in range(2))
    crash(first)  # The worker that it began dies with it.
    crash(crashed)
    closed.page.close()
    until(lambda: readers(gateway, "closed") == 0, 10, "the closed tab is still a reader")
    for channel in ("stays", "shared"):
        gateway.publish(channel, "two")
    until(lambda: readers(gateway, "crashed") == 0, 60, "the crashed tab is still a reader")
    for tab in (stays, second):
        tab.until_lines(["one", "two"], seconds=60)
    other.close()


def test_a_slow_tab_holds_up_no_other_and_misses_nothing(start_gateway, browser_context):
    count, text = 2_000, "x" * 1_000
    gateway = start_gateway({"namespaces.default.history.messages": 2 * count})
    slow, quick = (Tab(browser_context.new_page(), gateway.base_url) for _ in range(2))
    slow.page.evaluate("""async () => {
        const { follow } = await import("/telltale.js");
        globalThis.seen = { it: { messages: [] } };
        const sleep = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ); };
        follow("news", { onmessage(message) { seen.it.messages.push(message); sleep(3); } });
    }""")
    quick.follow("news").until_live()
    lines = "\n".join(f"{number} {text}" for number in range(count))
    httpx.post(gateway.url("news"), params={"lines": 1}, content=lines + "\n", timeout=60).raise_for_status()
    quick.until(f"messages.length >= {count}", seconds=60)
    assert slow.seen("messages.length") < count
    slow.until(f"messages.length >= {count}", seconds=120)
    for tab in (slow, quick):
        assert tab.seen("messages.map(({ data }) => parseInt(data))") == list(range(count))


def test_a_page_that_was_kept_and_comes_back_has_missed_nothing(gateway, middlebox, tab):
    gateway.publish("news", "one")
    tab.follow("news").until_lines(["one"]).until_live()
    tab.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    until(lambda: readers(gateway, "news") == 0, 10, "the page that is kept away is still a reader")
    gateway.publish("news", "two")
    tab.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    tab.until_lines(["one", "two"])


def test_where_there_is_no_shared_worker_the_page_has_its_own_connection(gateway, middlebox, tab):
    gateway.publish("news", "one")
    tab.page.evaluate("delete globalThis.SharedWorker")
    tab.follow("news").until_lines(["one"])


def test_more_than_one_connection_may_carry_is_carried_by_two(gateway, middlebox, tab):
    channels = [f"c{number}" for number in range(120)]
    tab.page.evaluate("""async (channels) => {
        const { follow } = await import("/telltale.js");
        globalThis.live = new Set();
        for (const name of channels) follow(name, { onstate: ({ state }) => state === "live" && live.add(name) });
    }""", channels)
    tab.page.wait_for_function("live.size === 120")
    assert middlebox.count("/v1/ws") == 2
