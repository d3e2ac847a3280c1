"""Chromium, and the page as a person sees it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

SCREENSHOTS = Path(__file__).resolve().parents[2] / ".build/screenshots"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]

expect.set_options(timeout=15_000)


# One a module, not a session: as long as it lives, so does its event loop, and the tests of other folders run their own.
@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class View:
    """A tab that shows the gateway's page."""

    def __init__(self, page):
        self.page = page
        self.status = page.locator("#status")
        self.rows = page.locator(".row")
        self.gaps = page.locator(".marker.gap")
        self.outcome = page.locator("#outcome")
        self.transports = []
        self.complaints = []
        page.on("websocket", lambda _: self.transports.append("ws"))
        page.on("request", lambda request: request.resource_type == "eventsource" and self.transports.append("sse"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda told: "Security Policy" in told.text and self.complaints.append(told.text))

    def open(self, url):
        self.page.goto(url)
        return self

    def follow(self, gateway, channel, via, since="earliest"):
        return self.open(f"{gateway.base_url}/?channel={channel}&via={via}&since={since}")

    def row(self, text):
        return self.rows.filter(has_text=re.compile(text) if isinstance(text, str) else text)

    def texts(self, rows=".row"):
        return self.page.eval_on_selector_all(f"{rows} .text", "cells => cells.map(cell => cell.textContent)")

    def offsets(self):
        return self.page.eval_on_selector_all(".row", "rows => rows.map(row => Number(row.dataset.offset))")

    def screenshot(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


@pytest.fixture
def open_view(chromium):
    """Opens a tab of its own browser context. No script may fail, and the security policy must hold, in any test."""
    views = []

    def open_one(**options):
        context = chromium.new_context(**({"viewport": {"width": 1440, "height": 860}} | options))
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


@pytest.fixture(params=["ws", "sse"])
def via(request):
    return request.param
