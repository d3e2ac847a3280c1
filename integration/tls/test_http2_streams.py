"""Many streams over one connection, each as good as a connection of its own."""

import re
import signal
import subprocess
import time

import pytest
from client import http
from gateway import until
from http2_connection import HTTP2Connection
from process import metric

EVENTS = ("accept", "text/event-stream")


def open_streams(connection, count, channel="a"):
    streams = [connection.begin("GET", f"/v1/channels/{channel}", EVENTS) for _ in range(count)]
    connection.until(lambda: all(b"stream-open" in connection.bodies[stream] for stream in streams))
    return streams


def test_a_hundred_event_streams_share_a_connection(gateway):
    with HTTP2Connection(gateway) as connection:
        streams = open_streams(connection, 100)
        for number in range(20):
            gateway.publish("a", f"message {number}")
        gateway.publish("a", "the last", close=1)
        connection.until(lambda: connection.ended.issuperset(streams))
        for stream in streams:
            body = connection.bodies[stream].decode()
            assert body.count("\ndata: message ") == 20 and "data: the last" in body and "event: stream-end" in body
        # The connection is as good as before.
        assert connection.get("/v1/channels/a", ("accept", "application/json"))[0] == 200


def test_streams_and_requests_go_side_by_side(gateway):
    with HTTP2Connection(gateway) as connection:
        reader, = open_streams(connection, 1)
        for number in range(10):
            stream = connection.begin("POST", "/v1/channels/a", ends=False)
            connection.send(stream, f"number {number}".encode(), ends=True)
            assert connection.answer(stream)[1]["offset"] == number + 1
        connection.until(lambda: b"number 9" in connection.bodies[reader])


def test_as_many_streams_as_configured_and_no_more(start_gateway):
    gateway = start_gateway({"limits.http2_streams": 5})
    with HTTP2Connection(gateway) as connection:
        open_streams(connection, 5)
        assert connection.h2.remote_settings.max_concurrent_streams == 5
        connection.h2.remote_settings[3] = 100
        connection.h2.remote_settings.acknowledge()
        more = connection.begin("GET", "/healthz")
        connection.until_or_closed(lambda: more in connection.resets or connection.goaways)
        assert more not in connection.heads


def test_a_reader_that_leaves_a_stream_leaves_only_that(gateway):
    with HTTP2Connection(gateway) as connection:
        gone, stays = open_streams(connection, 2)
        connection.h2.reset_stream(gone)
        connection.flush()
        with gateway.client() as client:
            until(lambda: client.get("/v1/channels", params={"prefix": "a"}).json(), 15, "the list does not come")
        gateway.publish("a", "who is there?")
        connection.until(lambda: b"who is there?" in connection.bodies[stays])
        assert b"who is there?" not in connection.bodies[gone]


def test_a_stream_that_takes_nothing_holds_up_no_other_and_misses_nothing(start_gateway):
    gateway = start_gateway({
        "limits.session_buffer_bytes": "64KiB", "namespaces.default.history.bytes": "64MiB",
        "namespaces.default.history.messages": 10_000})
    with HTTP2Connection(gateway, reads=False) as connection:
        connection.h2.increment_flow_control_window(1 << 30)
        slow, quick = open_streams(connection, 2)
        connection.h2.increment_flow_control_window(1 << 30, quick)
        connection.flush()
        with gateway.client() as client:
            lines = b"".join(b"%06d %s\n" % (number, b"x" * 993) for number in range(3000))
            answer = client.post("/v1/channels/a", params={"lines": 1, "close": 1}, content=lines)
            assert answer.json()["published"] == 3000
        connection.until(lambda: quick in connection.ended, 30)
        assert slow not in connection.ended and len(connection.bodies[slow]) <= 65535
        connection.h2.increment_flow_control_window(1 << 30, slow)
        connection.flush()
        connection.until(lambda: slow in connection.ended, 30)
        for stream in (slow, quick):
            assert connection.bodies[stream].count(b"\ndata: 00") == 3000
            assert b"stream-gap" not in connection.bodies[stream]


@pytest.mark.parametrize("path", ["/v1/channels/a?since=0:0", "/v1/channels/a"], ids=["stream", "answer"])
def test_a_reader_who_never_opens_the_window_is_let_go(start_gateway, path):
    gateway = start_gateway({"timeouts.write": "1s", "heartbeat": "1s"})
    gateway.publish("a", "x" * 60_000)
    gateway.publish("a", "x" * 60_000)
    with HTTP2Connection(gateway, settings={4: 0}, reads=False) as connection:
        stream = connection.begin("GET", path, EVENTS if "since" in path else ("accept", "application/json"))
        before = time.monotonic()
        connection.until(lambda: stream in connection.resets)
        assert 0.5 < time.monotonic() - before < 8
        # It is the stream that is let go, not the connection.
        assert not connection.is_closed


def test_a_window_that_opens_byte_by_byte_is_not_taking(start_gateway):
    gateway = start_gateway({"timeouts.write": "1s", "heartbeat": "1s"})
    gateway.publish("a", "x" * 60_000)
    with HTTP2Connection(gateway, settings={4: 0}, reads=False) as connection:
        stream = connection.begin("GET", "/v1/channels/a", ("accept", "application/json"))
        deadline = time.monotonic() + 15
        while stream not in connection.resets and time.monotonic() < deadline:
            connection.h2.increment_flow_control_window(1, stream)
            connection.flush()
            connection.read(0.1)
            # Not so fast that it would be taking after all.
            time.sleep(0.001)
        assert stream in connection.resets


def test_a_drain_says_goaway_and_ends_each_stream(start_gateway):
    gateway = start_gateway({"drain": "2s"})
    with HTTP2Connection(gateway) as connection:
        streams = open_streams(connection, 10)
        gateway.process.send_signal(signal.SIGTERM)
        connection.until(lambda: connection.goaways)
        assert connection.goaways[0].error_code == 0
        connection.until(lambda: connection.ended.issuperset(streams))
        assert all(b"retry:" in connection.bodies[stream].rsplit(b"data:")[-1] for stream in streams)
        connection.until_closed()
        assert gateway.process.wait(10) == 0


def test_what_was_on_its_way_when_a_drain_began_is_served(start_gateway):
    gateway = start_gateway({"drain": "0s"})
    with HTTP2Connection(gateway) as connection:
        stream, = open_streams(connection, 1)
        gateway.process.send_signal(signal.SIGTERM)
        connection.until(lambda: connection.goaways and stream in connection.ended)
        # The last stream has ended, but the notice lasts.
        assert connection.get("/v1/channels", ("accept", "application/json"))[0] == 200
        connection.until_closed()
        assert connection.goaways[-1].last_stream_id == stream + 2 and len(connection.goaways) > 1
    assert gateway.process.wait(10) == 0


def test_answers_that_are_on_their_way_when_a_drain_begins_arrive_whole(start_gateway):
    size, count = 900_000, 12
    gateway = start_gateway({"drain": "0s", "log.level": "debug", "limits.message_bytes": "1MiB"})
    gateway.publish("a", "x" * size)
    with HTTP2Connection(gateway, settings={4: 1 << 24}, reads=False) as connection:
        connection.h2.increment_flow_control_window(1 << 30)
        streams = [connection.begin("GET", "/v1/channels/a", ("accept", "application/json")) for _ in range(count)]
        until(lambda: len(re.findall(r"method=GET ms=\S+ path=/v1/channels/a ", gateway.log.read_text())) == count, 15,
              "not all are answered")
        gateway.process.send_signal(signal.SIGTERM)
        until(lambda: " draining" in gateway.log.read_text(), 10, "the gateway goes on")
        # For longer than the notice.
        with pytest.raises(subprocess.TimeoutExpired):
            gateway.process.wait(1.5)
        for stream in streams:
            assert len(connection.answer(stream)[1]["messages"][0]["data"]) == size
        connection.until_closed()
        assert connection.goaways[-1].last_stream_id == streams[-1]
    assert gateway.process.wait(10) == 0


def test_a_stream_that_is_over_is_brought_to_its_end_though_the_reader_takes_its_time(start_plain):
    plain = start_plain()
    for close in (0, 1):
        plain.publish("a", "x" * 50_000, close=close)
    with HTTP2Connection(plain, reads=False) as connection:
        connection.h2.increment_flow_control_window(1 << 30)
        stream = connection.begin("GET", "/v1/channels/a", EVENTS)
        connection.until(lambda: len(connection.bodies[stream]) == 65_535)
        # For longer than a reader that has everything is waited for.
        connection.until_or_closed(lambda: stream in connection.resets, 7)
        assert stream not in connection.resets
        connection.h2.increment_flow_control_window(1 << 30, stream)
        connection.flush()
        connection.until(lambda: stream in connection.ended)
        assert connection.bodies[stream].count(b"x") >= 100_000 and b"stream-end" in connection.bodies[stream]


def test_the_bytes_of_a_stream_are_counted_once(start_plain):
    plain = start_plain()
    with HTTP2Connection(plain) as connection:
        stream, = open_streams(connection, 1)
        before = metric(http, plain, "sent_bytes_total")
        for _ in range(20):
            plain.publish("a", "x" * 50_000)
        connection.until(lambda: len(connection.bodies[stream]) > 1_000_000)
        assert 1_000_000 < metric(http, plain, "sent_bytes_total") - before < 1_200_000


def test_a_connection_without_requests_is_closed_with_goaway(start_gateway):
    gateway = start_gateway({"timeouts.idle": "500ms"})
    with HTTP2Connection(gateway) as connection:
        assert connection.get("/v1/channels", ("accept", "application/json"))[0] == 200
        connection.until_closed(5)
        assert connection.goaways[-1].error_code == 0 and connection.goaways[-1].last_stream_id == 1


def test_a_connection_with_a_stream_is_not_idle(start_gateway):
    gateway = start_gateway({"timeouts.idle": "500ms"})
    with HTTP2Connection(gateway) as connection:
        stream, = open_streams(connection, 1)
        connection.until_or_closed(lambda: connection.goaways, 2)
        gateway.publish("a", "still here")
        connection.until(lambda: b"still here" in connection.bodies[stream])
