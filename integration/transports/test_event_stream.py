"""Server-Sent Events as they stand on the wire."""

import json

import sseclient
from client import http
from httpx_sse import EventSource
from raw import Connection

ACCEPT = {"Accept": "text/event-stream"}


def raw_stream(gateway, channel, *headers, query=""):
    connection = Connection(gateway)
    connection.request("GET", f"/v1/channels/{channel}{query}", "Accept: text/event-stream", *headers)
    return connection


def block(connection):
    """The lines up to the next empty one."""
    lines = []
    while (line := connection.line()) not in ("\n", ""):
        lines.append(line.rstrip("\n"))
    return lines


def test_the_headers_keep_caches_and_proxies_away(gateway, channel):
    with raw_stream(gateway, channel) as connection:
        answer = connection.answer(has_body=False)
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["cache-control"] == "no-store, no-transform"
        assert answer.headers["x-accel-buffering"] == "no"


def test_an_event_of_the_name_message_has_no_event_line(gateway, channel):
    epoch = gateway.publish(channel, "hello")["epoch"]
    gateway.publish(channel, "{}", event="progress")
    with raw_stream(gateway, channel) as connection:
        connection.answer(has_body=False)
        opening = block(connection)
        assert opening[0].startswith("retry: ")
        assert opening[1:3] == [f"id: {epoch}:0", "event: stream-open"]
        assert block(connection) == [f"id: {epoch}:1", "data: hello"]
        assert block(connection) == [f"id: {epoch}:2", "event: progress", "data: {}"]


def test_cr_lf_and_crlf_all_split_lines(gateway, channel):
    epoch = gateway.publish(channel, "a\rb\nc\r\nd\n\ne")["epoch"]
    with raw_stream(gateway, channel) as connection:
        connection.answer(has_body=False)
        block(connection)
        assert block(connection) == [f"id: {epoch}:1", *(f"data: {line}" for line in ["a", "b", "c", "d", "", "e"])]


def test_readers_are_told_to_come_back_after_1_to_3_seconds_spread_by_chance(gateway, channel):
    gateway.publish(channel, "last", close=1)
    found = set()
    for _ in range(20):
        with http.stream("GET", gateway.url(channel), headers=ACCEPT) as response:
            found |= {event.retry for event in EventSource(response).iter_sse() if event.retry}
    assert min(found) >= 1000 and max(found) <= 3000
    assert len(found) > 10


def test_json_data_stays_as_it_was_written(gateway, channel):
    written = b'{"b": 1.0,  "a" : [1e3, "\\u00e9"]}'
    assert http.post(gateway.url(channel), content=written, headers={"Content-Type": "application/json"}).status_code == 200
    gateway.publish(channel, "last", close=1)
    with http.stream("GET", gateway.url(channel), headers=ACCEPT) as response:
        found = [event.data for event in EventSource(response).iter_sse() if event.event == "message" and event.data]
    assert found == [written.decode(), "last"]


def test_sseclient_reads_a_stream_to_its_end(gateway, channel):
    for text in ("one", "two\nlines"):
        gateway.publish(channel, text)
    gateway.publish(channel, "3", event="progress", close=1)
    with http.stream("GET", gateway.url(channel), headers=ACCEPT) as response:
        found = [(event.event, event.data) for event in sseclient.SSEClient(response.iter_bytes()).events()]
    assert found[1:4] == [("message", "one"), ("message", "two\nlines"), ("progress", "3")]
    assert found[4][0] == "stream-end"


def test_the_response_ends_when_a_closed_channel_was_given_whole(gateway, channel):
    gateway.publish(channel, "last", close=1)
    with raw_stream(gateway, channel) as connection:
        connection.answer(has_body=False)
        body = connection.file.read().decode()
        assert body.endswith(f'event: stream-end\ndata: {json.dumps({"channel": channel, "reason": "closed"}, separators=(",", ":"))}\n\n')


def test_a_reader_that_comes_back_with_a_closed_channels_top_gets_204(gateway, channel):
    gateway.publish(channel, "one")
    epoch = gateway.publish(channel, "last", close=1)["epoch"]
    for header, query in [(f"{epoch}:2", ""), (None, f"?last_event_id={epoch}:2"), (None, f"?since={epoch}:2")]:
        with raw_stream(gateway, channel, *([f"Last-Event-ID: {header}"] if header else []), query=query) as connection:
            answer = connection.answer()
            assert (answer.status, answer.body) == (204, b"")
            assert connection.is_ended()


def test_a_reader_that_comes_back_below_a_closed_channels_top_gets_the_rest_and_the_end(gateway, channel):
    epoch = gateway.publish(channel, "one")["epoch"]
    gateway.publish(channel, "last", close=1)
    with http.stream("GET", gateway.url(channel), headers=ACCEPT | {"Last-Event-ID": f"{epoch}:1"}) as response:
        assert response.status_code == 200
        found = [(event.event, event.data) for event in EventSource(response).iter_sse() if event.data]
    assert [event for event, _ in found] == ["stream-open", "message", "stream-end"]
    assert found[1][1] == "last"


def test_silence_is_broken_by_comments(start_gateway, channel):
    gateway = start_gateway({"heartbeat": "1s"})
    with raw_stream(gateway, channel) as connection:
        connection.answer(has_body=False)
        block(connection)
        for _ in range(2):
            lines = block(connection)
            assert lines and all(line.startswith(":") for line in lines)


def test_the_heartbeat_may_be_an_event_for_readers_that_must_see_it(start_gateway, channel):
    gateway = start_gateway({"heartbeat": "1s"})
    with raw_stream(gateway, channel, query="?ping=event") as connection:
        connection.answer(has_body=False)
        block(connection)
        for _ in range(2):
            assert block(connection) == ["event: stream-ping", "data: {}"]


def test_a_heartbeat_does_not_move_a_readers_place(start_gateway, channel):
    gateway = start_gateway({"heartbeat": "1s"})
    gateway.publish(channel, "one")
    with http.stream("GET", gateway.url(channel), params={"ping": "event"}, headers=ACCEPT) as response:
        events = (event for event in EventSource(response).iter_sse() if event.data)
        opening, one, ping = (next(events) for _ in range(3))
        assert (ping.event, ping.id) == ("stream-ping", one.id)
