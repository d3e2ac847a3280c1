"""Server-Sent Events as gzip: every event at once, one whole member at the end."""

import json
import subprocess

import pytest
from client import http
from raw import Connection
from gzip_reader import event, gzip_stream

LINE = "compiling Sources/Gateway/Hub.swift, which takes its time, as the files before it did; "


def test_every_event_and_every_heartbeat_can_be_read_when_it_comes(gateway, channel):
    with gzip_stream(gateway, f"/v1/channels/{channel}") as reader:
        assert reader.answer.headers["content-encoding"] == "gzip"
        assert reader.answer.headers["vary"] == "Accept-Encoding"
        assert reader.answer.headers["cache-control"] == "no-store, no-transform"
        reader.until(b"event: stream-open\ndata: ")
        for size in (1, 200, 1_000, 20_000):
            text = (LINE * (size // len(LINE) + 1))[:size]
            at = gateway.publish(channel, text)
            reader.until(event(f"{at['epoch']}:{at['offset']}", text))
        reader.until(b":\n\n")
        reader.until(b":\n\n")


def test_a_stream_that_ends_is_one_whole_member(gateway, channel):
    with gzip_stream(gateway, f"/v1/channels/{channel}") as reader:
        lines = [f"{number} {LINE}" for number in range(200)]
        http.post(gateway.url(channel), params={"lines": 1}, content="\n".join(lines))
        gateway.publish(channel, "bye", close=1)
        text = reader.whole().decode()
    assert [line[6:] for line in text.splitlines() if line.startswith("data: ")][1:-1] == [*lines, "bye"]
    assert reader.bytes < len(text) / 2


def test_a_backlog_is_small_wherever_the_reader_stands(gateway, channel):
    lines = [f"{number} {LINE}" for number in range(900)]
    http.post(gateway.url(channel), params={"lines": 1}, content="\n".join(lines))
    epoch = gateway.publish(channel, "bye", close=1)["epoch"]
    for offset in (0, 1, 33, 500):
        with gzip_stream(gateway, f"/v1/channels/{channel}", f"Last-Event-ID: {epoch}:{offset}") as reader:
            text = reader.whole().decode()
        assert text.count(LINE) == 900 - offset
        assert reader.bytes < len(text) / 5


def test_a_reader_who_has_everything_gets_no_content_and_no_coding(gateway, channel):
    at = gateway.publish(channel, "bye", close=1)
    with Connection(gateway) as connection:
        position = f"{at['epoch']}:{at['offset']}"
        connection.request(
            "GET", f"/v1/channels/{channel}", "Accept: text/event-stream", "Accept-Encoding: gzip",
            f"Last-Event-ID: {position}")
        answer = connection.answer()
        assert answer.status == 204
        assert "content-encoding" not in answer.headers
        assert connection.is_ended()


@pytest.mark.parametrize("accepted", ["", "Accept-Encoding: br", "Accept-Encoding: gzip;q=0, *", "Accept-Encoding: identity"])
def test_who_does_not_take_gzip_gets_none(gateway, channel, accepted):
    gateway.publish(channel, LINE, close=1)
    with Connection(gateway) as connection:
        connection.request("GET", f"/v1/channels/{channel}", "Accept: text/event-stream", accepted or "X-Other: 1")
        answer = connection.answer()
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"
    assert LINE.encode() in answer.body


def test_several_channels_share_what_is_large_and_have_ids_of_their_own(gateway, channel):
    other = f"{channel}-b"
    large = "".join(f"{number} {LINE}" for number in range(50))
    at = gateway.publish(channel, large)
    with gzip_stream(gateway, f"/v1/events?channel={channel}&channel={other}") as reader:
        reader.until(f"data: {large}\n\n".encode())
        for number in range(5):
            gateway.publish(other, f"small {number}")
            found = reader.until(f"data: small {number}\n\n".encode()).decode()
            assert f"={at['epoch']}:1\n" in found
        gateway.publish(other, "bye", close=1)
        gateway.publish(channel, "bye", close=1)
        reader.whole()
    assert reader.bytes < len(large)


def test_frames_over_event_streams_are_compressed_too(gateway, channel):
    gateway.publish(channel, LINE * 20)
    with gzip_stream(gateway, f"/v1/events?channel={channel}&form=frames&wait=5") as reader:
        frames = [json.loads(line[6:]) for line in reader.whole().decode().splitlines() if line]
    assert [frame["type"] for frame in frames] == ["open", "subscribed", "message"]
    assert frames[2]["data"] == LINE * 20


def test_text_that_goes_on_is_compressed_too(gateway, channel):
    with gzip_stream(gateway, f"/v1/channels/{channel}?follow=1", accept="text/plain") as reader:
        for number in range(3):
            gateway.publish(channel, f"{number} {LINE}")
            reader.until(f"{number} {LINE}\n".encode())
        gateway.publish(channel, "bye", close=1)
        assert reader.whole() == b"bye\n"


def test_a_slow_reader_is_fed_from_the_log_and_has_one_whole_member(gateway, channel):
    with gzip_stream(gateway, f"/v1/channels/{channel}", receive_buffer=4096) as reader:
        reader.until(b"stream-open")
        body = "\n".join(f"{number} " + "".join(f"{n * number * 7919 % 1000003:x}" for n in range(4_000)) for number in range(300))
        assert http.post(gateway.url(channel), params={"lines": 1}, content=body).json()["published"] == 300
        gateway.publish(channel, "bye", close=1)
        text = reader.whole().decode()
    data = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
    assert data[1:301] == body.split("\n")


def test_curl_shows_events_as_they_come(gateway, channel):
    command = ["curl", "-sN", "--compressed", "-H", "Accept: text/event-stream", gateway.url(channel)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as curl:
        for number in range(3):
            gateway.publish(channel, f"line {number}")
            while curl.stdout.readline() != f"data: line {number}\n":
                assert curl.poll() is None
        gateway.publish(channel, "bye", close=1)
        assert "stream-end" in curl.stdout.read()
        assert curl.wait() == 0
