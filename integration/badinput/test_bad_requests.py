"""Requests that are proper HTTP and ask for what can't be."""

import json

import pytest
from client import http
from raw import Connection

LIMIT = 4096  # limits.message_bytes, here


def refused(gateway, method, target, status, code, *headers, body=None):
    """The request is refused so, and the connection is of use for the next one, or cleanly closed."""
    with Connection(gateway) as connection:
        answer = connection.request(method, target, *headers, body=body).answer()
        assert (answer.status, answer.code) == (status, code), answer.body
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]
        if answer.headers.get("connection") == "close":
            assert connection.is_ended()
        else:
            assert connection.request("GET", "/healthz").answer().status == 200
        return answer.json()


@pytest.mark.parametrize("name", ["", "x" * 201, "a%20b", "a%00b", "%C3%A9", "a%22b", "a*b", "%FF", "a%zz"])
@pytest.mark.parametrize("method, accept", [
    ("POST", "*/*"), ("GET", "application/json"), ("GET", "text/event-stream"), ("DELETE", "*/*")])
def test_a_channel_name_that_is_none_is_refused_with_the_rule(gateway, name, method, accept):
    problem = refused(
        gateway, method, f"/v1/channels/{name}", 400, "invalid_channel", f"Accept: {accept}", body=b"x" if method == "POST" else None)
    if "%zz" not in name and name != "%FF":
        assert "200" in problem["detail"] and "letters" in problem["detail"]


@pytest.mark.parametrize("target", ["/v1/events", "/v1/events?channel=", "/v1/events?channel=a&channel=b%20c"])
def test_a_stream_of_no_channel_or_of_a_wrong_one_is_refused(gateway, target):
    refused(gateway, "GET", target, 400, "invalid_channel")


def test_the_longest_name_is_allowed(gateway):
    assert gateway.publish("x" * 200, "x")["offset"] == 1


def test_a_body_declared_over_the_limit_is_refused(gateway, channel, is_untouched):
    refused(gateway, "POST", f"/v1/channels/{channel}", 413, "message_too_large", body=b"x" * (LIMIT + 1))
    refused(gateway, "POST", f"/v1/channels/{channel}", 413, "message_too_large", body=b"x" * 3_000_000)
    assert is_untouched()
    assert gateway.publish(channel, "x" * LIMIT)["offset"] == 1


def test_a_body_streamed_over_the_limit_is_refused(gateway, channel, is_untouched):
    with Connection(gateway) as connection:
        connection.request("POST", f"/v1/channels/{channel}", "Transfer-Encoding: chunked")
        while not connection.has_something() and connection.try_send(b"400\r\n" + b"x" * 1024 + b"\r\n"):
            pass
        answer = connection.answer()
        assert (answer.status, answer.code) == (413, "message_too_large")
        connection.try_send(b"0\r\n\r\n")
        if answer.headers.get("connection") == "close":
            assert connection.is_ended()
        else:
            assert connection.request("GET", "/healthz").answer().status == 200
    assert is_untouched()


def test_a_line_over_the_limit_ends_the_lines_and_says_how_many_went_before(gateway, channel):
    body = b"one\ntwo\n" + b"x" * (LIMIT + 1) + b"\nfour\n"
    problem = refused(gateway, "POST", f"/v1/channels/{channel}?lines=1", 413, "message_too_large", body=body)
    page = http.get(gateway.url(channel)).json()
    assert problem["published"] == page["top"] <= 2
    assert [message["data"] for message in page["messages"]] == ["one", "two"][:page["top"]]


@pytest.mark.parametrize("body", [b"\xff", b"ab\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80"])
@pytest.mark.parametrize("kind", ["text/plain", "application/json"])
def test_what_is_no_utf8_is_refused(gateway, channel, is_untouched, body, kind):
    if kind == "application/json":
        body = b'"' + body + b'"'
    refused(gateway, "POST", f"/v1/channels/{channel}", 400, "invalid_utf8", f"Content-Type: {kind}", body=body)
    assert is_untouched()


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":1,}', b"nul", b"[1] 2", b"'x'", b"01", b'"\x01"', b"[" * 100_000])
def test_broken_json_of_a_json_content_type_is_refused(gateway, channel, is_untouched, body):
    status, code = (400, "invalid_json") if len(body) <= LIMIT else (413, "message_too_large")
    refused(gateway, "POST", f"/v1/channels/{channel}", status, code, "Content-Type: application/json", body=body)
    assert is_untouched()


def test_json_as_deep_as_a_message_allows_crashes_nothing(gateway, channel):
    body = b"[" * (LIMIT // 2) + b"]" * (LIMIT // 2)
    answer = http.post(gateway.url(channel), content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 400)


@pytest.mark.parametrize("event", ["a%00b", "", "x" * 65, "a%20b", "stream-open", "%C3%A9"])
def test_an_event_name_that_is_none_is_refused(gateway, channel, is_untouched, event):
    refused(gateway, "POST", f"/v1/channels/{channel}?event={event}", 400, "invalid_event", body=b"x")
    assert is_untouched()


@pytest.mark.parametrize("query, code", [
    ("retain=a%20b", "invalid_retain"), ("retain=" + "x" * 65, "invalid_retain"), ("conflate=1", "invalid_conflate"),
    ("conflate=2&retain=k", "invalid_query"), ("close=maybe", "invalid_query"), ("expect=x&retain=k", "invalid_query"),
    ("expect=-1&retain=k", "invalid_query"), ("fence=99999999999999999999", "invalid_query"),
    ("lines=1&expect=0&retain=k", "invalid_query"), ("event=%zz", "invalid_query"),
])
def test_a_query_that_makes_no_sense_is_refused(gateway, channel, is_untouched, query, code):
    refused(gateway, "POST", f"/v1/channels/{channel}?{query}", 400, code, body=b"x")
    assert is_untouched()


def test_expect_without_a_key_is_refused(gateway, channel, is_untouched):
    with Connection(gateway) as connection:
        assert connection.request("POST", f"/v1/channels/{channel}?expect=0", body=b"x").answer().status == 400
    assert is_untouched()


def test_an_idempotency_key_that_is_none_is_refused(gateway, channel, is_untouched):
    for key in ("x" * 256, "a b"):
        refused(gateway, "POST", f"/v1/channels/{channel}", 400, "invalid_idempotency_key", f"Idempotency-Key: {key}", body=b"x")
    assert is_untouched()


@pytest.mark.parametrize("line", [
    b"{", b"[]", b'"text"', b"{}", b'{"channel":"CHANNEL"}', b'{"channel":1,"data":"x"}', b'{"channel":"","data":"x"}',
    b'{"channel":"CHANNEL","data":"\xff"}', b'{"channel":"CHANNEL","data":"x","event":"a\\u0000b"}',
    b'{"channel":"CHANNEL","data":"x","fence":-1}', b'{"channel":"CHANNEL","data":"x","close":"yes"}',
    b'{"channel":"CHANNEL","data":"x","data":"y"}', b'{"channel":"CHANNEL","data":"\\ud800"}', b"\x00",
    b'{"channel":"CHANNEL","data":"' + b"x" * (LIMIT + 1) + b'"}',
])
def test_a_wrong_ndjson_line_gets_its_problem_and_the_others_go_through(gateway, channel, line):
    good = json.dumps({"channel": channel, "data": "x"}).encode()
    body = b"\n".join([good, line.replace(b"CHANNEL", channel.encode()), good]) + b"\n"
    answers = [json.loads(text) for text in http.post(f"{gateway.base_url}/v1/publish", content=body).text.splitlines()]
    assert len(answers) == 3
    assert (answers[0]["offset"], answers[2]["offset"]) == (1, 2)
    assert answers[1]["status"] in (400, 413) and answers[1]["code"] and answers[1]["detail"]
    assert http.get(gateway.url(channel)).json()["top"] == 2


@pytest.mark.parametrize("position", [
    "nonsense", "1", ":", "a:", ":1", "a:-1", "a:1x", "a:99999999999999999999", "%00:1", "last:0", "last:x", "a%20b:1"])
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "text/plain"])
def test_since_that_is_no_position_is_refused(gateway, channel, position, accept):
    query = f"since={position}" + ("&follow=1" if accept == "text/plain" else "")
    with Connection(gateway) as connection:
        answer = connection.request("GET", f"/v1/channels/{channel}?{query}", f"Accept: {accept}").answer()
        assert (answer.status, answer.code) in [(400, "invalid_position"), (400, "invalid_query")]
        assert connection.request("GET", "/healthz").answer().status == 200


def test_a_last_event_id_that_is_no_position_is_refused(gateway, channel):
    for target in (f"/v1/channels/{channel}", f"/v1/events?channel={channel}"):
        refused(gateway, "GET", target, 400, "invalid_position", "Accept: text/event-stream", "Last-Event-ID: nonsense")


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "wait=61", "wait=x", "follow=perhaps", "ping=often"])
def test_a_reading_query_that_makes_no_sense_is_refused(gateway, channel, query):
    accept = {"ping": "text/event-stream", "follow": "text/plain"}.get(query.split("=")[0], "application/json")
    refused(gateway, "GET", f"/v1/channels/{channel}?{query}", 400, "invalid_query", f"Accept: {accept}")
