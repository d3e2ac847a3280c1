"""JSON and text: what there is now, and what comes."""

import subprocess
import threading
import time

import pytest
from client import http
from gateway import until
from process import metric

TEXT = {"Accept": "text/plain"}


def test_a_page_says_what_there_is_and_where_to_go_on(gateway, channel):
    epoch = gateway.publish(channel, "one", retain="k")["epoch"]
    gateway.publish(channel, "two", event="log")
    page = http.get(gateway.url(channel), params={"limit": 1}).json()
    assert (page["channel"], page["epoch"], page["top"], page["trimmed"]) == (channel, epoch, 2, 0)
    assert (page["closed"], page["complete"], page["next"]) == (False, True, f"{epoch}:1")
    assert page["retained"]["k"]["data"] == "one"
    (message,) = page["messages"]
    assert (message["offset"], message["event"], message["data"], message["retain"]) == (1, "message", "one", "k")
    rest = http.get(gateway.url(channel), params={"since": page["next"]}).json()
    assert [message["data"] for message in rest["messages"]] == ["two"]
    assert rest["next"] == f"{epoch}:2"


def test_a_page_holds_100_messages_unless_it_is_told_otherwise(gateway, channel):
    for number in range(101):
        gateway.publish(channel, str(number))
    assert len(http.get(gateway.url(channel)).json()["messages"]) == 100
    assert len(http.get(gateway.url(channel), params={"limit": 1000}).json()["messages"]) == 101
    for limit in ("0", "1001", "x"):
        assert http.get(gateway.url(channel), params={"limit": limit}).status_code == 400


def test_a_long_poll_is_answered_as_soon_as_there_is_something(gateway, channel):
    found = {}

    def poll():
        found["page"] = http.get(gateway.url(channel), params={"wait": 10, "since": "0:0"}).json()
        found["at"] = time.monotonic()

    until(lambda: metric(http, gateway, "sessions") == 0, 10, "readers of other tests stay")
    waiting = threading.Thread(target=poll)
    waiting.start()
    until(lambda: metric(http, gateway, "sessions") == 1, 5, "the poll does not wait")
    published = time.monotonic()
    gateway.publish(channel, "now")
    waiting.join()
    assert [message["data"] for message in found["page"]["messages"]] == ["now"]
    assert found["at"] - published < 5


def test_a_chain_of_long_polls_sees_every_message_once(gateway, channel):
    count = 200
    publisher = threading.Thread(target=lambda: [gateway.publish(channel, str(number)) for number in range(count)])
    publisher.start()
    seen, since = [], "0:0"
    while len(seen) < count:
        page = http.get(gateway.url(channel), params={"wait": 10, "since": since}).json()
        assert page["complete"] and page["messages"]
        seen += [message["data"] for message in page["messages"]]
        since = page["next"]
    publisher.join()
    assert seen == [str(number) for number in range(count)]


def test_a_long_poll_in_which_nothing_comes_ends_with_an_empty_page(gateway, channel):
    epoch = gateway.publish(channel, "one")["epoch"]
    begun = time.monotonic()
    page = http.get(gateway.url(channel), params={"wait": 1, "since": f"{epoch}:1"}).json()
    assert (page["messages"], page["next"]) == ([], f"{epoch}:1")
    assert time.monotonic() - begun >= 0.9


def test_a_long_poll_of_a_closed_channel_does_not_wait(gateway, channel):
    epoch = gateway.publish(channel, "last", close=1)["epoch"]
    begun = time.monotonic()
    page = http.get(gateway.url(channel), params={"wait": 10, "since": f"{epoch}:1"}).json()
    assert (page["closed"], page["messages"]) == (True, [])
    assert time.monotonic() - begun < 5


def test_text_is_the_data_of_messages_and_log_lines(gateway, channel):
    gateway.publish(channel, "one")
    gateway.publish(channel, "{}", event="progress")
    gateway.publish(channel, "two", event="log")
    answer = http.get(gateway.url(channel), headers=TEXT)
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == "one\ntwo\n"


def test_text_of_a_long_log_comes_whole(gateway, channel):
    lines = [f"{number} {'x' * 5000}" for number in range(900)]
    assert http.post(gateway.url(channel), params={"lines": 1}, content="\n".join(lines)).json()["published"] == 900
    assert http.get(gateway.url(channel), headers=TEXT).text == "\n".join(lines) + "\n"


@pytest.fixture
def curl():
    running = []

    def start(*arguments, **options):
        running.append(subprocess.Popen(["curl", "-sS", *arguments], stdout=subprocess.PIPE, text=True, **options))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def test_curl_follows_a_channel_as_text_until_it_is_closed(gateway, channel, curl):
    gateway.publish(channel, "one")
    process = curl("-N", f"{gateway.url(channel)}?follow=1")
    assert process.stdout.readline() == "one\n"
    for text in ("two", "three"):
        gateway.publish(channel, text)
        assert process.stdout.readline() == f"{text}\n"
    gateway.publish(channel, "last", close=1)
    assert process.stdout.read() == "last\n"
    assert process.wait() == 0
