"""Chromium asks for compression wherever it can: every event reaches the page at once all the same."""

import pytest

LINE = "compiling Sources/Gateway/Hub.swift, as before; " * 30

FOLLOW = """channel => {
    window.found = [];
    window.source = new EventSource(`/v1/channels/${channel}`);
    source.onmessage = event => found.push(event.data);
    source.addEventListener("stream-open", () => found.push("open"));
}"""
CONNECT = """channel => {
    window.found = [];
    window.socket = new WebSocket(`ws://${location.host}/v1/ws?channel=${channel}`);
    socket.onmessage = event => {
        const message = JSON.parse(event.data);
        if (message.type === "message") found.push(message.data);
        if (message.type === "subscribed") found.push("open");
    };
}"""


@pytest.fixture(scope="module")
def page(chromium):
    return chromium.new_page()


def wait_for(page, found):
    page.wait_for_function("found => JSON.stringify(window.found) === JSON.stringify(found)", arg=found, timeout=15_000)


def test_event_source_fires_for_every_message(gateway, channel, page):
    codings = []
    page.on("response", lambda response: codings.append((response.url, response.headers.get("content-encoding"))))
    page.goto(gateway.base_url)
    page.evaluate(FOLLOW, channel)
    found = ["open"]
    wait_for(page, found)
    for number in range(5):
        found.append(f"{number} {LINE if number % 2 else ''}")
        gateway.publish(channel, found[-1])
        # The next is not published before this one was seen: nothing behind it can have pushed it out.
        wait_for(page, found)
    page.evaluate("source.close()")
    assert (gateway.url(channel), "gzip") in codings


def test_websocket_agrees_upon_compression_and_gets_every_message(gateway, channel, page):
    page.goto(gateway.base_url)
    page.evaluate(CONNECT, channel)
    found = ["open"]
    wait_for(page, found)
    assert page.evaluate("socket.extensions").startswith("permessage-deflate")
    for number in range(5):
        found.append(f"{number} {LINE if number % 2 else ''}")
        gateway.publish(channel, found[-1])
        wait_for(page, found)
    page.evaluate("data => socket.send(JSON.stringify(data))", {"type": "publish", "channel": channel, "data": LINE})
    wait_for(page, [*found, LINE])
    page.evaluate("socket.close()")
