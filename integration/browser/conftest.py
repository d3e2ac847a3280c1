"""Chromium, and the page as a person sees it."""

import os
import re
from functools import partial
from pathlib import Path

import pytest
from fronted import FrontedGateway
from gateway import Gateway, gateways_of
from playwright.sync_api import expect
from proxies.site import FRONTS

SCREENSHOTS = Path(__file__).resolve().parents[2] / ".build/screenshots"

expect.set_options(timeout=15_000)


@pytest.fixture
def start_gateway(tmp_path):
    """Starts a gateway with these settings; behind a proxy if TELLTALE_FRONT names one."""
    front = os.environ.get("TELLTALE_FRONT")
    make = partial(FrontedGateway, FRONTS[front]) if front else Gateway
    with gateways_of(make, tmp_path) as start:
        yield start


@pytest.fixture
def browser_context(chromium):
    context = chromium.new_context()
    yield context
    context.close()


# Scrolls from the top to the end and notes each row by its offset: only the rows near the view are in the document.
WHOLE_LOG = """async (log) => {
    const frame = () => new Promise(requestAnimationFrame);
    const found = new Map();
    for (let top = 0, before = -1; top === 0 || log.scrollTop > before; top = before + log.clientHeight / 2) {
        before = log.scrollTop = top;
        await frame();
        await frame();
        before = log.scrollTop;
        for (const row of log.querySelectorAll(".row")) {
            found.set(Number(row.dataset.offset), row.querySelector(".text").textContent);
        }
        if (before + log.clientHeight >= log.scrollHeight - 1) break;
    }
    return [...found].sort(([one], [other]) => one - other);
}"""
CONNECTIONS = {"websocket": "Live by WebSocket", "sse": "Live by EventSource", "poll": "Live by long poll"}


class View:
    """A tab that shows the gateway's page."""

    def __init__(self, page):
        self.page = page
        self.task = page.locator("telltale-task")
        self.state = page.locator("telltale-task .state")
        self.outcome = page.locator("telltale-task .outcome")
        self.connection = page.locator(".connection:visible")
        self.log = page.get_by_role("log")
        self.rows = page.locator(".row")
        self.gaps = page.locator(".marker.gap")
        self.complaints = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda told: "Security Policy" in told.text and self.complaints.append(told.text))

    def open(self, base_url, route="", via=None):
        self.page.goto(f"{base_url}/{f'?transport={via}' if via else ''}{route}")
        return self

    def watch(self, gateway, task, via=None):
        return self.open(gateway.base_url, f"#/task/{task}", via)

    def follow(self, gateway, channel, via=None, since=None):
        return self.open(gateway.base_url, f"#/channel/{channel}{f'?since={since}' if since else ''}", via)

    def expect_live(self, via=None, **options):
        expect(self.connection).to_have_text(CONNECTIONS[via] if via else re.compile("^Live"), **options)

    def row(self, text):
        return self.rows.filter(has_text=re.compile(text) if isinstance(text, str) else text)

    def texts(self):
        """Of the rows that are in the document: of a short log all."""
        return self.page.eval_on_selector_all(".row .text", "cells => cells.map(cell => cell.textContent)")

    def offsets(self):
        return self.page.eval_on_selector_all(".row", "rows => rows.map(row => Number(row.dataset.offset))")

    def whole_log(self):
        """`[offset, text]` of every row, by scrolling through all of them."""
        return self.log.evaluate(WHOLE_LOG)

    def screenshot(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


@pytest.fixture
def open_view(chromium):
    """Opens a tab of its own browser context. No script may fail, and the security policy must hold, in any test."""
    views = []

    def open_one(**options):
        context = chromium.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        views.append(View(context.new_page()))
        return views[-1]

    yield open_one
    complaints = [complaint for view in views for complaint in view.complaints]
    for view in views:
        view.page.context.close()
    assert not complaints


@pytest.fixture
def view(open_view):
    return open_view()


@pytest.fixture(params=list(CONNECTIONS))
def via(request):
    return request.param
