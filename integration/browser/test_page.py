"""What a person can do on the page."""

import json
import re

import httpx
import pytest
from follows import Tasks
from gateway import until
from playwright.sync_api import expect

KEPT_ROWS = 100_000


@pytest.fixture
def tasks(gateway):
    return Tasks(gateway)


def row_of(view, task):
    return view.page.locator(f"[data-task='{task}']")


def publish(view, text, event=None, is_json=False):
    form = view.page.locator("form:visible").filter(has=view.page.get_by_role("button", name="Publish"))
    if event is not None:
        form.get_by_role("textbox", name="Event").fill(event)
    form.get_by_role("textbox", name="Text").fill(text)
    form.get_by_label("JSON").set_checked(is_json)
    form.get_by_role("button", name="Publish").click()
    return form.locator(".result")


def test_the_first_visit_shows_the_first_two_commands(gateway, view):
    view.open(gateway.base_url)
    empty = view.page.locator("#no-tasks")
    expect(empty).to_contain_text("Nothing is running")
    expect(empty).to_contain_text("telltale run")
    expect(empty).to_contain_text(f"curl -d 'hello' {gateway.base_url}/v1/channels/hello")
    view.screenshot("empty")


def test_running_tasks_are_listed_with_live_bars_and_move_to_the_ended_when_they_end(gateway, tasks, view, via):
    tasks.create("build/7", title="The library")
    tasks.change("build/7", state="started", worker="build-7:42", progress={"current": 1, "total": 4, "note": "linking"})
    view.open(gateway.base_url, via=via)
    row = row_of(view, "build/7")
    bar = row.get_by_role("progressbar")
    expect(row).to_contain_text("The library")
    expect(row).to_contain_text("25 % · 1 of 4 · linking")
    expect(bar).to_have_attribute("aria-valuenow", "25")
    tasks.change("build/7", progress={"current": 3, "total": 4, "note": "checking"})
    expect(row).to_contain_text("75 % · 3 of 4 · checking")
    tasks.change("build/7", state="failed", error="first line\nthe last line")
    ended = view.page.locator("#ended-tasks [data-task='build/7']")
    expect(ended).to_contain_text("Failed")
    expect(ended).to_contain_text("the last line")
    expect(view.page.locator("#no-tasks")).to_be_visible()


def test_a_task_of_the_list_is_opened_in_full_and_the_way_back_leads_to_the_list(gateway, tasks, view):
    tasks.create("42", title="Report")
    view.open(gateway.base_url)
    row_of(view, "42").get_by_role("link").click()
    expect(view.page).to_have_url(re.compile("#/task/42$"))
    expect(view.task.get_by_role("heading")).to_have_text("Report")
    expect(view.page).to_have_title(re.compile("Report"))
    view.page.go_back()
    expect(row_of(view, "42")).to_be_visible()
    expect(view.task).to_have_count(0)


def test_a_sample_task_runs_from_the_page_and_minds_the_cancel_button(gateway, view):
    view.open(gateway.base_url, "#/try")
    view.page.get_by_role("button", name="Start a sample task").click()
    expect(view.state).to_have_text("Running")
    expect(view.row("compiling|cc -O2").first).to_be_visible()
    view.page.get_by_role("button", name="Cancel").click()
    expect(view.state).to_have_text("Cancelled")
    expect(view.row("stopped, as was asked")).to_be_visible()


def test_a_line_is_published_and_followed_from_the_page(gateway, view):
    view.open(gateway.base_url, "#/try")
    result = publish(view, "hello, colleague")
    expect(result).to_have_text(re.compile(r"Published at \w+:1"))
    result.get_by_role("link").click()
    expect(view.page).to_have_url(re.compile("#/channel/hello$"))
    expect(view.row("hello, colleague$")).to_be_visible()
    publish(view, '{"ready": true}', event="report", is_json=True)
    expect(view.row(r'report \{ "ready": true \}')).to_be_visible()
    stored = httpx.get(gateway.url("hello")).json()["messages"]
    assert [(message["event"], message["data"]) for message in stored] == [
        ("message", "hello, colleague"), ("report", {"ready": True})]


def test_what_the_gateway_refuses_is_told_in_its_words(gateway, view):
    view.open(gateway.base_url, "#/try")
    view.page.get_by_role("textbox", name="Channel").fill("two words")
    expect(publish(view, "hello")).to_contain_text("1 to 200 bytes")
    view.page.get_by_role("textbox", name="Channel").fill("fine")
    expect(publish(view, "{broken", is_json=True)).to_have_class(re.compile("bad"))
    assert httpx.get(gateway.url("fine")).json()["messages"] == []


def test_channels_are_listed_with_their_readers_and_followed_by_a_click(gateway, tasks, view):
    gateway.publish("build:42", "linking")
    tasks.create("42")
    view.open(gateway.base_url)
    channels = view.page.locator("#channel-list")
    expect(channels).to_contain_text("build:42")
    expect(row_of(view, "42")).to_be_visible()
    expect(channels).not_to_contain_text("task:42")
    channels.get_by_role("link").click()
    expect(view.row("linking")).to_be_visible()
    expect(view.page).to_have_url(re.compile("#/channel/build:42$"))
    expect(view.page.locator("#channel-rate")).to_contain_text("1 reader")
    view.page.go_back()
    expect(channels).to_be_visible()


def test_a_channel_is_followed_by_its_name_before_it_has_a_message(gateway, view):
    view.open(gateway.base_url)
    view.page.get_by_role("textbox", name="Find or follow").fill("soon")
    view.page.get_by_role("button", name="Follow").click()
    expect(view.page.locator("#quiet")).to_be_visible()
    gateway.publish("soon", "the first")
    expect(view.row("the first$")).to_be_visible()


def test_the_health_of_broker_and_gateway_is_shown(gateway, view):
    view.open(gateway.base_url)
    tiles = view.page.locator("#health")
    expect(tiles).to_contain_text(re.compile(r"Broker\s*Ready\s*[\d.]+ ms round trip"))
    expect(view.page.locator("#light")).to_have_text("Broker ready")
    gateway.kill()
    expect(view.page.locator("#light")).to_have_text("Gateway away")
    gateway.start()
    expect(view.page.locator("#light")).to_have_text("Broker ready", timeout=30_000)


def test_a_message_can_bring_colours_and_no_markup(gateway, view, via):
    gateway.publish("news", "\x1b[1;31merror:\x1b[0m <img src=x onerror=alert(1)> \x1b]0;title\x07\x1b[2Jdone")
    view.follow(gateway, "news", via)
    expect(view.rows).to_have_count(1)
    assert view.texts() == ["error: <img src=x onerror=alert(1)> done"]
    expect(view.rows.locator("span.bold.fg1")).to_have_text("error:")
    assert view.log.locator("img").count() == 0


def test_progress_is_a_bar_and_retained_values_are_shown(gateway, view, via):
    gateway.publish("job", json.dumps({"current": 3, "total": 4, "note": "linking"}),
                    event="progress", retain="progress", conflate=1)
    gateway.publish("job", "green", event="colour", retain="colour")
    view.follow(gateway, "job", via)
    expect(view.page.locator("#retained")).to_contain_text("green")
    httpx.post(gateway.url("job"), json={"current": 3, "total": 4, "note": "linking"},
               params={"event": "progress", "retain": "progress", "conflate": 1}).raise_for_status()
    expect(view.page.locator("#channel-words")).to_have_text("75 % · 3 of 4 · linking")
    expect(view.page.locator("#channel-bar")).to_have_attribute("aria-valuenow", "75")


def test_a_log_of_more_lines_than_are_kept_stays_in_order_and_says_so(start_gateway, view, via):
    count = 110_000
    history = "namespaces.default.history"
    gateway = start_gateway({f"{history}.messages": 200_000, f"{history}.bytes": "256MiB"})
    body = "".join(f"line {number}\n" for number in range(1, count + 1))
    answer = httpx.post(gateway.url("flood"), params={"lines": 1}, content=body.encode(), timeout=120)
    assert answer.json()["published"] == count
    view.follow(gateway, "flood", via)
    expect(view.row(f"line {count}$")).to_be_visible(timeout=120_000)
    expect(view.page.locator("#facts")).to_contain_text("110,000 messages, the last")
    assert view.rows.count() < 500, "only the rows near the view are in the document"
    view.log.focus()
    view.page.keyboard.press("Home")
    expect(view.log).to_have_js_property("scrollTop", 0)
    kept_from = range(count - KEPT_ROWS + 1, count - KEPT_ROWS + 100)
    first = until(lambda: next(iter(set(kept_from) & set(view.offsets())), None), 10, "the oldest rows are not shown")
    expect(view.row(f"^.*line {first}$")).to_be_in_viewport()
    offsets = view.offsets()
    assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))


def test_the_log_stays_at_the_end_unless_it_is_scrolled_up(gateway, view):
    jump = view.page.get_by_role("button", name="Newest")
    for number in range(200):
        gateway.publish("news", f"line {number}")
    view.follow(gateway, "news")
    expect(view.row("line 199$")).to_be_in_viewport()
    view.log.hover()
    view.page.mouse.wheel(0, -1500)
    expect(jump).to_be_visible()
    gateway.publish("news", "the newest")
    expect(view.page.locator("#facts")).to_contain_text("201 messages")
    expect(view.row("the newest$")).not_to_be_in_viewport()
    jump.click()
    expect(view.row("the newest$")).to_be_in_viewport()
    expect(jump).to_be_hidden()


def test_a_reload_keeps_transport_and_start(gateway, view):
    gateway.publish("news", "hello")
    view.follow(gateway, "news", "sse")
    view.page.locator("#since").select_option("last:100")
    expect(view.page).to_have_url(re.compile(r"\?transport=sse#/channel/news\?since=last:100$"))
    view.page.reload()
    expect(view.row("hello$")).to_be_visible()
    view.expect_live("sse")
    expect(view.page.locator("#since")).to_have_value("last:100")


def test_an_older_link_to_a_channel_still_leads_there(gateway, view):
    gateway.publish("news", "hello")
    view.open(gateway.base_url, "?channel=news")
    expect(view.row("hello$")).to_be_visible()
    expect(view.page).to_have_url(re.compile("/#/channel/news$"))


@pytest.mark.parametrize("answer, words", [
    (lambda asked: None, "Connecting"),
    (lambda asked: asked.abort(), "Gateway away"),
    (lambda asked: asked.fulfill(status=502, body="<h1>Bad Gateway</h1>"), "Gateway away"),
    (lambda asked: asked.fulfill(status=503, json={"status": 503}), "Broker not ready"),
])
def test_the_head_fits_a_telephone_whatever_its_light_says(gateway, open_view, answer, words):
    view = open_view(viewport={"width": 390, "height": 844})
    view.page.route("**/readyz", answer)
    view.open(gateway.base_url, "#/try")
    expect(view.page.locator("#light")).to_have_text(words)
    assert view.page.evaluate("() => document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("route", ["", "#/task/42", "#/channel/news", "#/try"])
def test_the_page_fits_a_telephone_and_a_dark_room(gateway, tasks, open_view, route):
    tasks.create("42", title="A title that is much too long for one line of a telephone, and_one_word_" + "x" * 60)
    tasks.change("42", state="started", progress={"percent": 12, "note": "a note " * 12}, log="a line " * 30)
    for number in range(40):
        gateway.publish("news", f"a line that is long enough to be wrapped on a narrow screen, number {number}")
    view = open_view(viewport={"width": 390, "height": 844}, color_scheme="dark")
    view.open(gateway.base_url, route)
    shown = {"": "#current-tasks li", "#/task/42": ".row", "#/channel/news": ".row", "#/try": "#sample"}[route]
    expect(view.page.locator(shown).last).to_be_in_viewport()
    assert view.page.evaluate("() => document.documentElement.scrollWidth") <= 390
    view.screenshot(f"telephone-dark-{route.strip('#/').split('/')[0] or 'overview'}")
