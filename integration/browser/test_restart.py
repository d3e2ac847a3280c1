"""The connection comes and goes; the page says so, and nothing is missing without a word."""

import re

import httpx
import pytest
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
    expect(view.status).to_contain_text("Reconnecting")
    view.screenshot(f"reconnecting-{via}")
    gateway.start()
    expect(view.status).to_have_text("Live", timeout=30_000)
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
    assert view.texts() == ["hello"]


def test_a_connection_lost_in_the_middle_is_taken_up_where_it_was(gateway, view, via, link):
    gateway.publish("news", "long before")
    view.follow(link, "news", via, since="latest")
    expect(view.status).to_have_text("Live")
    gateway.publish("news", "before")
    expect(view.rows).to_have_count(1)
    link.cut()
    expect(view.status).to_contain_text("Reconnecting")
    gateway.publish("news", "meanwhile")
    gateway.publish("news", "meanwhile, too")
    link.mend()
    expect(view.status).to_have_text("Live", timeout=30_000)
    gateway.publish("news", "after")
    expect(view.rows).to_have_count(4)
    assert view.texts() == ["before", "meanwhile", "meanwhile, too", "after"]
    expect(view.gaps).to_have_count(0)
    assert view.transports.count(via) >= 2


def test_a_deleted_channel_ends(gateway, view, via):
    gateway.publish("news", "hello")
    view.follow(gateway, "news", via)
    expect(view.status).to_have_text("Live")
    assert httpx.delete(gateway.url("news")).status_code == 204
    expect(view.status).to_have_text("Ended: deleted")


def test_a_start_that_is_no_position_is_refused_in_words(gateway, view, via):
    view.follow(gateway, "news", via, since="nonsense")
    expect(view.status).to_have_attribute("data-state", "failed")
    expect(view.status).not_to_be_empty()
