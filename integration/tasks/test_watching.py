"""The page follows a task by each transport, whatever comes between: the end and the last line always arrive, and no line twice.

The worker talks to a gateway of its own on the same Redis, and never stops.
"""

import re
import time
from contextlib import ExitStack

import pytest
from buffering_proxy import BufferingProxy
from proxy import Proxy
from tabs import context
from talking import talking
from task_view import TaskView
from watched_task import WatchedTask

# What the page asks of the gateway when this transport is forced.
TRANSPORTS = {
    "websocket": rb"GET /v1/ws\b", "sse": rb"GET /v1/events\?(?!\S*\bwait=)\S*form=frames", "poll": rb"GET /v1/events\?\S*\bwait="}
STEP_SECONDS = 0.05
SLOW_STEP_SECONDS = 0.5
BUFFERED_SECONDS, BUFFERED_END_SECONDS = 60, 50
TABS = 10


@pytest.fixture(scope="module")
def near(redis, start_gateway_on):
    """The pages' gateway."""
    return start_gateway_on(redis.url)


@pytest.fixture(scope="module")
def far(redis, start_gateway_on):
    """The worker's gateway."""
    return start_gateway_on(redis.url)


class Buffered:
    """Tabs behind a proxy that buffers for a minute, while other tests go on: what it must come to is tested in two places."""

    def __init__(self, proxy, views, talk):
        self.proxy, self.views, self.talk = proxy, views, talk
        self.began = time.monotonic()

    def wait(self, seconds):
        """Until so long after the beginning."""
        time.sleep(max(0, self.began + seconds - time.monotonic()))


@pytest.fixture(scope="module", autouse=True)
def buffered(chromium, near, far):
    """Begins with the module, so that the minute passes beside its other tests."""
    task = WatchedTask(far, "buffered")
    with BufferingProxy(near) as proxy, talking(task, SLOW_STEP_SECONDS) as talk, ExitStack() as stack:
        tabs = {transport: stack.enter_context(context(chromium)) for transport in [None, *TRANSPORTS]}
        yield Buffered(proxy, {
            transport: TaskView(tab.new_page(), proxy.base_url, task.id, transport) for transport, tab in tabs.items()}, talk)


@pytest.fixture
def task(far, task_id):
    return WatchedTask(far, task_id)


@pytest.fixture
def views(chromium, near, task):
    """A tab for each transport, each over a proxy of its own that knows what it asks for, and none sharing with another."""
    with Proxy(near) as websocket, Proxy(near) as sse, Proxy(near) as poll, \
            context(chromium) as one, context(chromium) as two, context(chromium) as three:
        proxies = dict(zip(TRANSPORTS, (websocket, sse, poll)))
        yield lambda: {
            transport: TaskView(tabs.new_page(), proxies[transport].base_url, task.id, transport)
            for transport, tabs in zip(TRANSPORTS, (one, two, three))}
        for transport, proxy in proxies.items():
            asked = b"".join(proxy.heads)
            assert [other for other, mark in TRANSPORTS.items() if re.search(mark, asked)] == [transport]


def expect_end(views, steps):
    for view in views:
        view.expect_end(steps)


def test_reloaded_in_the_middle(views, task):
    with talking(task, STEP_SECONDS) as talk:
        opened = views().values()
        for view in opened:
            view.wait_for_step_after(1)
            view.page.reload()
        expect_end(opened, talk.finish())


def test_behind_a_proxy_that_buffers_the_page_is_live_by_long_polls(buffered):
    said = buffered.talk.said
    for transport in (None, "poll"):
        buffered.views[transport].wait_for_step_after(said)


def test_the_gateway_killed_and_restarted(views, task, near):
    with talking(task, STEP_SECONDS) as talk:
        opened = views().values()
        for view in opened:
            view.wait_for_step_after(1)
        near.kill()
        talk.wait_for_more(20)
        near.start()
        expect_end(opened, talk.finish())


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_ten_tabs(chromium, near, task, transport):
    with context(chromium) as tabs, talking(task, STEP_SECONDS) as talk:
        views = [TaskView(tabs.new_page(), near.base_url, task.id, transport) for _ in range(TABS)]
        expect_end(views, talk.finish())


def test_behind_a_proxy_that_buffered_everything_for_a_minute(buffered):
    buffered.wait(BUFFERED_END_SECONDS)
    steps = buffered.talk.finish()
    buffered.wait(BUFFERED_SECONDS)
    buffered.proxy.release()
    expect_end(buffered.views.values(), steps)
