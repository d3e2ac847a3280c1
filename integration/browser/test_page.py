"""What a person can do on the page."""

import json
import re

import httpx
from gateway import until
from playwright.sync_api import expect

KEPT_ROWS = 20_000


def publish(view, text, channel=None, event=None, is_json=False):
    if channel is not None:
        view.page.get_by_role("textbox", name="Channel", exact=True).fill(channel)
    if event is not None:
        view.page.get_by_role("textbox", name="Event").fill(event)
    view.page.get_by_role("textbox", name="Text").fill(text)
    view.page.get_by_label("JSON").set_checked(is_json)
    view.page.get_by_role("button", name="Publish").click()


def result(view):
    return view.page.locator("#publish-result")


def test_the_first_visit_shows_the_first_two_commands(gateway, view):
    view.open(gateway.base_url)
    welcome = view.page.locator("#welcome")
    expect(welcome).to_contain_text("Nothing to watch yet")
    expect(welcome).to_contain_text("telltale run")
    expect(welcome).to_contain_text(f"curl -d 'hello' {gateway.base_url}/v1/channels/hello")
    view.screenshot("empty")


def test_a_line_is_published_and_followed_from_the_page(gateway, view):
    view.open(gateway.base_url)
    publish(view, "hello, colleague", channel="greetings")
    expect(view.row("hello, colleague$")).to_be_visible()
    expect(result(view)).to_have_text(re.compile(r"Published at \w+:1"))
    expect(view.page).to_have_url(re.compile(r"\?channel=greetings$"))
    publish(view, '{"ready": true}', event="report", is_json=True)
    expect(view.row(r'report \{ "ready": true \}')).to_be_visible()
    stored = httpx.get(gateway.url("greetings")).json()["messages"]
    assert [(message["event"], message["data"]) for message in stored] == [
        ("message", "hello, colleague"), ("report", {"ready": True})]


def test_what_the_gateway_refuses_is_told_in_its_words(gateway, view):
    view.open(gateway.base_url)
    publish(view, "hello", channel="two words")
    expect(result(view)).to_contain_text("1 to 200 bytes")
    publish(view, "{broken", channel="fine", is_json=True)
    expect(result(view)).to_have_class(re.compile("bad"))
    assert httpx.get(gateway.url("fine")).json()["messages"] == []


def test_channels_are_listed_and_followed_by_a_click(gateway, view):
    gateway.publish("build:42", "linking")
    gateway.publish("news", "hello")
    view.open(gateway.base_url)
    view.page.get_by_role("link", name="build:42").click()
    expect(view.row("linking")).to_be_visible()
    expect(view.page).to_have_url(re.compile(r"\?channel=build:42$"))
    expect(view.page.locator("aside, .commands")).to_contain_text(f"{gateway.base_url}/v1/channels/build:42")
    view.page.go_back()
    expect(view.page.locator("#welcome")).to_be_visible()


def test_a_message_can_bring_colours_and_no_markup(gateway, view, via):
    gateway.publish("news", "\x1b[1;31merror:\x1b[0m <img src=x onerror=alert(1)> \x1b]0;title\x07\x1b[2Jdone")
    view.follow(gateway, "news", via)
    expect(view.rows).to_have_count(1)
    assert view.texts() == ["error: <img src=x onerror=alert(1)> done"]
    expect(view.rows.locator("span.bold.fg1")).to_have_text("error:")
    assert view.page.locator(".log img").count() == 0


def test_progress_is_a_bar_and_retained_values_are_shown(gateway, view, via):
    gateway.publish("job", json.dumps({"current": 3, "total": 4, "note": "linking"}),
                    event="progress", retain="progress", conflate=1)
    gateway.publish("job", "green", event="colour", retain="colour")
    view.follow(gateway, "job", via)
    expect(view.page.locator("#progress-text")).to_have_text("75 % · 3 of 4 · linking")
    expect(view.page.locator("#retained")).to_contain_text("green")
    gateway.publish("job", json.dumps({"percent": 100}), event="progress", retain="progress", conflate=1)
    expect(view.page.locator("#progress-text")).to_have_text("100 %")


def test_events_of_any_name_are_shown_by_an_event_source(gateway, view):
    gateway.publish("job", "one")
    gateway.publish("job", "two", event="unheard-of")
    gateway.publish("job", "three")
    view.follow(gateway, "job", "sse")
    expect(view.rows).to_have_count(3)
    gateway.publish("job", "four", event="never-seen")
    expect(view.rows).to_have_count(4, timeout=30_000)
    gateway.publish("job", "five", event="another")
    gateway.publish("job", "six")
    expect(view.rows).to_have_count(6)
    assert view.texts() == ["one", "unheard-of two", "three", "never-seen four", "another five", "six"]


def test_tens_of_thousands_of_lines_stay_in_order_and_within_the_bound(start_gateway, view, via):
    count = 30_000
    history = "namespaces.default.history"
    gateway = start_gateway({f"{history}.messages": 100_000, f"{history}.bytes": "64MiB"})
    view.follow(gateway, "flood", via)
    expect(view.status).to_have_text("Live")
    body = "".join(f"line {number}\n" for number in range(1, count + 1))
    answer = httpx.post(gateway.url("flood"), params={"lines": 1}, content=body.encode(), timeout=60)
    assert answer.json()["published"] == count
    expect(view.row(f"line {count}$")).to_be_visible(timeout=60_000)

    shown = view.texts()
    assert len(shown) <= KEPT_ROWS
    assert shown == [f"line {number}" for number in range(count - len(shown) + 1, count + 1)]
    expect(view.page.locator("#facts")).to_contain_text("30,000 messages")


def test_the_log_stays_at_the_end_unless_it_is_scrolled_up(gateway, view):
    jump = view.page.get_by_role("button", name="Jump to the newest")
    for number in range(200):
        gateway.publish("news", f"line {number}")
    view.follow(gateway, "news", "ws")
    expect(view.row("line 199$")).to_be_in_viewport()
    view.page.locator("#log").hover()
    view.page.mouse.wheel(0, -1500)
    expect(jump).to_be_visible()
    gateway.publish("news", "the newest")
    expect(view.row("the newest$")).to_have_count(1)
    expect(view.row("the newest$")).not_to_be_in_viewport()
    jump.click()
    expect(view.row("the newest$")).to_be_in_viewport()
    expect(jump).to_be_hidden()


def test_a_reload_keeps_transport_and_start(gateway, view):
    gateway.publish("news", "hello")
    view.follow(gateway, "news", "ws")
    view.page.get_by_text("EventSource").click()
    view.page.get_by_label("from").select_option("last:100")
    expect(view.page).to_have_url(re.compile(r"\?channel=news&via=sse&since=last:100$"))
    view.page.reload()
    expect(view.row("hello$")).to_be_visible()
    expect(view.page.locator("input[value=sse]")).to_be_checked()
    assert view.transports[-1] == "sse"


def test_the_page_fits_a_telephone_and_a_dark_room(gateway, open_view):
    for number in range(40):
        gateway.publish("news", f"a line that is long enough to be wrapped on a narrow screen, number {number}")
    view = open_view(viewport={"width": 390, "height": 844}, color_scheme="dark")
    view.follow(gateway, "news", "ws")
    expect(view.row("number 39$")).to_be_in_viewport()
    width = until(lambda: view.page.evaluate("() => document.documentElement.scrollWidth"), 5, "no width")
    assert width <= 390
    view.screenshot("telephone-dark")
