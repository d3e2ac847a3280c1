"""What a request of HTTP/2 may be: the same as of HTTP/1.1."""

import time

import pytest
from http2_connection import HTTP2Connection


def test_a_body_without_a_length_is_a_publication(gateway):
    with HTTP2Connection(gateway) as connection:
        stream = connection.begin("POST", "/v1/channels/a", ends=False)
        connection.send(stream, b"in ")
        connection.send(stream, b"parts", ends=True)
        assert connection.answer(stream) == (200, connection.answer(stream)[1])
        assert connection.get("/v1/channels/a", ("accept", "application/json"))[1]["messages"][0]["data"] == "in parts"


def test_lines_are_published_as_they_come(gateway):
    with HTTP2Connection(gateway) as connection:
        reader = connection.begin("GET", "/v1/channels/a", ("accept", "text/event-stream"))
        stream = connection.begin("POST", "/v1/channels/a?lines=1", ends=False)
        for number in range(3):
            connection.send(stream, f"line {number}\n".encode())
            connection.until(lambda: f"data: line {number}".encode() in connection.bodies[reader])  # noqa: B023
        connection.send(stream, b"", ends=True)
        assert connection.answer(stream)[1]["published"] == 3


def test_100_continue_is_said_when_the_body_is_wanted(gateway):
    with HTTP2Connection(gateway) as connection:
        stream = connection.begin("POST", "/v1/channels/a", ("expect", "100-continue"), ("content-length", "5"), ends=False)
        connection.until(lambda: connection.informed[stream] == ["100"])
        connection.send(stream, b"hello", ends=True)
        assert connection.answer(stream)[0] == 200


def test_a_refusal_by_the_head_alone_says_no_100_continue(gateway):
    with HTTP2Connection(gateway) as connection:
        stream = connection.begin("POST", "/v1/nowhere", ("expect", "100-continue"), ("content-length", "5"), ends=False)
        assert connection.answer(stream)[0] == 404
        assert connection.informed[stream] == []
        # The rest is not wanted: NO_ERROR.
        connection.until(lambda: connection.resets.get(stream) == 0)


def test_head_has_the_head_of_get_and_no_body(gateway):
    gateway.publish("a", "hello")
    with HTTP2Connection(gateway) as connection:
        got, asked = (connection.begin(method, "/v1/channels/a", ("accept", "application/json")) for method in ("GET", "HEAD"))
        connection.until(lambda: {got, asked} <= connection.ended)
        ids = {connection.heads[stream].pop("x-request-id") for stream in (got, asked)}
        assert connection.heads[asked] == connection.heads[got] and connection.bodies[asked] == b"" and len(ids) == 2


def test_a_body_that_stands_still_is_408(start_gateway):
    gateway = start_gateway({"timeouts.body": "500ms"})
    with HTTP2Connection(gateway) as connection:
        small = connection.begin("POST", "/v1/channels/a", ("content-length", "10"), ends=False)
        large = connection.begin("POST", "/v1/channels/a", ends=False)
        transport = connection.begin("GET", "/v1/channels/a", ("accept", "text/event-stream"), ends=False)
        for stream in (small, large, transport):
            assert connection.answer(stream)[0] == 408
        assert connection.get("/v1/channels", ("accept", "application/json"))[0] == 200


def test_a_body_that_drips_is_408_though_it_is_never_silent(start_gateway):
    gateway = start_gateway({"timeouts.body": "500ms"})
    with HTTP2Connection(gateway) as connection:
        stream = connection.begin("POST", "/v1/channels/a", ("content-length", "60000"), ends=False)
        for _ in range(50):
            if stream in connection.ended:
                break
            connection.send(stream, b"x")
            connection.read(0.1)
        assert stream in connection.ended and connection.answer(stream)[0] == 408


def test_a_long_upload_is_published_whole(gateway):
    with HTTP2Connection(gateway) as connection:
        stream = connection.begin("POST", "/v1/channels/a?lines=1", ends=False)
        before = time.monotonic()
        sent = 0
        while time.monotonic() - before < 3 and sent < 40_000_000:
            connection.send(stream, b"y" * 999 + b"\n")
            sent += 1000
        connection.send(stream, b"", ends=True)
        assert connection.answer(stream)[1]["published"] == sent // 1000


@pytest.mark.parametrize(
    "headers", [[("x", "y" * 20_000)], [(f"x-{number}", "y") for number in range(120)]], ids=["bytes", "count"])
def test_headers_over_the_limit_are_431_and_the_connection_goes_on(gateway, headers):
    with HTTP2Connection(gateway) as connection:
        status, problem = connection.get("/v1/channels", *headers)
        assert status == 431 and problem["code"] == "headers_too_large"
        assert connection.get("/v1/channels", ("accept", "application/json"))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        [("connection", "close")], [("transfer-encoding", "chunked")], [("upgrade", "websocket")], [("X-Upper", "case")],
        [(":path", "/twice")], [("content-length", "7"), ("content-length", "8")],
    ], ids=lambda headers: headers[0][0])
def test_what_http2_forbids_ends_the_stream_and_not_the_connection(gateway, headers):
    with HTTP2Connection(gateway, validates=False) as connection:
        stream = connection.begin("GET", "/healthz", *headers)
        connection.until(lambda: stream in connection.resets)
        assert connection.get("/v1/channels", ("accept", "application/json"))[0] == 200


def test_a_websocket_by_http2_is_told_what_to_do(gateway):
    with HTTP2Connection(gateway) as connection:
        stream = connection.begin("GET", "/v1/ws")
        status, problem = connection.answer(stream)
        assert status == 426 and problem["code"] == "upgrade_required"
        assert not {"connection", "upgrade", "keep-alive", "transfer-encoding"} & set(connection.heads[stream])


def test_connect_is_refused(gateway):
    with HTTP2Connection(gateway, validates=False) as connection:
        stream = connection.h2.get_next_available_stream_id()
        connection.h2.send_headers(stream, [(":method", "CONNECT"), (":authority", "elsewhere:443")], end_stream=True)
        connection.flush()
        connection.until(lambda: stream in connection.ended or stream in connection.resets)
        assert connection.heads.get(stream, {}).get(":status") != "200"
