"""The connection comes and goes; the page says so, and nothing is missing without a word."""

import re

import httpx
import pytest
from follows import Tasks
from link import Link
from playwright.sync_api import expect


@pytest.fixture
def link(gateway):
    link = Link(gateway.port)
    yield link
    link.close()


def test_a_killed_gateway_is_waited_for_and_what_it_lost_is_a_gap(gateway, view, via):
    for line in ("one", "two", "three"):
        gateway.publish("news", line)
    view.follow(gateway, "news", via)
    expect(view.rows).to_have_count(3)

    gateway.kill()
    expect(view.connection).to_have_text(re.compile("Offline|Connecting"))
    view.screenshot(f"offline-{via}")
    gateway.start()
    view.expect_live(via, timeout=45_000)
    gateway.publish("news", "four")
    expect(view.row("^.*four$")).to_be_visible()

    assert view.texts() == ["one", "two", "three", "four"]
    expect(view.gaps).to_have_count(1)
    expect(view.gaps).to_contain_text("the channel began anew")
    view.screenshot(f"gap-{via}")


def test_a_position_of_a_life_that_is_gone_is_a_gap(gateway, view, via):
    gateway.publish("news", "hello")
    view.follow(gateway, "news", via, since="abc123:40")
    expect(view.gaps).to_have_text(re.compile("Gap after abc123:40: the channel began anew"))
    expect(view.rows).to_have_count(1)
    assert view.texts() == ["hello"]


def test_a_connection_lost_in_the_middle_is_taken_up_where_it_was(gateway, view, via, link):
    gateway.publish("news", "long before")
    view.follow(link, "news", via, since="latest")
    view.expect_live(via)
    gateway.publish("news", "before")
    expect(view.rows).to_have_count(1)
    link.cut()
    expect(view.connection).to_have_text(re.compile("Offline|Connecting"))
    gateway.publish("news", "meanwhile")
    gateway.publish("news", "meanwhile, too")
    link.mend()
    view.expect_live(via, timeout=45_000)
    gateway.publish("news", "after")
    expect(view.rows).to_have_count(4)
    assert view.texts() == ["before", "meanwhile", "meanwhile, too", "after"]
    expect(view.gaps).to_have_count(0)


def test_a_task_goes_on_on_the_page_after_a_lost_connection(gateway, view, via, link):
    tasks = Tasks(gateway)
    tasks.create("42")
    tasks.change("42", state="started", log="before")
    view.watch(link, "42", via)
    expect(view.rows).to_have_count(1)
    link.cut()
    expect(view.connection).to_have_text(re.compile("Offline|Connecting"))
    tasks.change("42", log="meanwhile", state="finished", result={"parts": 3})
    link.mend()
    expect(view.state).to_have_text("Finished", timeout=45_000)
    expect(view.outcome).to_contain_text("parts")
    expect(view.rows).to_have_count(2)
    assert view.texts() == ["before", "meanwhile"]


def test_a_deleted_channel_ends(gateway, view, via):
    gateway.publish("news", "hello")
    view.follow(gateway, "news", via)
    view.expect_live(via)
    assert httpx.delete(gateway.url("news")).status_code == 204
    expect(view.connection).to_have_text("Ended: deleted")


def test_a_start_that_is_no_position_is_refused_in_words(gateway, view, via):
    view.follow(gateway, "news", via, since="nonsense")
    expect(view.connection).to_have_class(re.compile("refused"))
    expect(view.connection).not_to_be_empty()
