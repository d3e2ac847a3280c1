"""Publishing over HTTP: answers, refusals, lines as they come, many at once."""

import json
import subprocess

import pytest
from client import http
from raw import Connection
from readers import FOLLOW, data_of, take


def post(gateway, channel, data="x", headers=None, **query):
    return http.post(gateway.url(channel), content=data, headers=headers, params=query)


def data_in(gateway, channel):
    return data_of(http.get(gateway.url(channel), params={"since": "earliest", "limit": 1000}).json()["messages"])


def test_a_publication_is_answered_with_its_position(gateway, channel):
    first, second = (post(gateway, channel).json() for _ in range(2))
    assert first == {"channel": channel, "epoch": first["epoch"], "offset": 1}
    assert second == first | {"offset": 2}


@pytest.mark.parametrize("spelling", ["{}", "{}%2Fslash", "{}/slash"])
def test_a_channels_name_may_be_escaped_or_not(gateway, channel, spelling):
    answer = http.post(f"{gateway.base_url}/v1/channels/{spelling.format(channel)}", content="x").json()
    assert answer["channel"] == spelling.format(channel).replace("%2F", "/")


def test_the_same_idempotency_key_publishes_once(gateway, channel):
    first = post(gateway, channel, "one", {"Idempotency-Key": "k1"}).json()
    again = post(gateway, channel, "one", {"Idempotency-Key": "k1"}).json()
    other = post(gateway, channel, "two", {"Idempotency-Key": "k2"}).json()
    assert again == first | {"duplicate": True}
    assert other["offset"] == 2
    assert data_in(gateway, channel) == ["one", "two"]


def test_expect_publishes_only_over_what_was_expected(gateway, channel):
    assert post(gateway, channel, "1", retain="k", expect=0).status_code == 200
    refused = post(gateway, channel, "2", retain="k", expect=0)
    assert (refused.status_code, refused.json()["code"], refused.json()["current"]) == (409, "conflict", 1)
    assert refused.headers["content-type"] == "application/problem+json"
    assert post(gateway, channel, "2", retain="k", expect=1).status_code == 200
    assert data_in(gateway, channel) == ["1", "2"]


def test_a_lower_fence_is_refused(gateway, channel):
    assert post(gateway, channel, "1", fence=2).status_code == 200
    refused = post(gateway, channel, "zombie", fence=1)
    assert (refused.status_code, refused.json()["code"], refused.json()["highest"]) == (409, "fenced", 2)
    assert data_in(gateway, channel) == ["1"]


def test_a_closed_channel_takes_nothing_until_a_higher_fence_opens_it(gateway, channel):
    assert post(gateway, channel, "last", close=1, fence=1).status_code == 200
    for query in ({}, {"fence": 1}):
        refused = post(gateway, channel, "more", **query)
        assert (refused.status_code, refused.json()["code"], refused.json()["top"]) == (409, "closed", 1)
    assert post(gateway, channel, "again", fence=2).json()["offset"] == 2
    assert data_in(gateway, channel) == ["last", "again"]


def test_a_problem_is_a_problem_document(gateway):
    answer = post(gateway, "not%20allowed")
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "code", "detail"} <= problem.keys()
    assert problem["status"] == answer.status_code == 400


def test_a_reader_sees_a_line_of_curl_before_the_body_ends(gateway, channel):
    upload = subprocess.Popen(
        ["curl", "-sS", "-T", "-", f"{gateway.url(channel)}?lines=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with FOLLOW["sse"](gateway, channel) as items:
        next(items)
        for line in ("compiling", "linking", "done"):
            upload.stdin.write(f"{line}\n")
            upload.stdin.flush()
            assert next(items)["data"] == line
    assert upload.poll() is None, "the body has not ended yet"
    answer, _ = upload.communicate("no line end", timeout=15)
    assert json.loads(answer)["published"] == 4
    assert data_in(gateway, channel)[-1] == "no line end"


def test_lines_may_end_with_crlf_and_be_empty(gateway, channel):
    assert post(gateway, channel, "a\r\nb\n\nc", lines=1).json()["published"] == 4
    assert data_in(gateway, channel) == ["a", "b", "", "c"]


def test_close_with_lines_is_of_the_last_line_alone(gateway, channel):
    assert post(gateway, channel, "a\nb\n", lines=1, close=1).json()["published"] == 2
    page = http.get(gateway.url(channel)).json()
    assert (page["closed"], data_of(page["messages"])) == (True, ["a", "b"])


def test_a_hundred_thousand_lines_arrive_in_order(gateway, channel):
    count = 100_000
    body = ("".join(f"{number}\n" for number in range(begin, begin + 1000)).encode() for begin in range(0, count, 1000))
    answer = post(gateway, channel, body, lines=1).json()
    assert (answer["published"], answer["offset"]) == (count, count)
    assert data_in(gateway, channel) == [str(number) for number in range(count - 1000, count)]


def ndjson(gateway, lines):
    body = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    answer = http.post(f"{gateway.base_url}/v1/publish", content=body, headers={"Content-Type": "application/x-ndjson"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_ndjson_answers_each_line_in_its_place(gateway, channel):
    other = f"{channel}/other"
    answers = ndjson(gateway, [
        {"channel": channel, "data": "one"},
        {"channel": other, "data": {"n": 1}, "event": "progress", "retain": "progress", "conflate": True},
        {"channel": channel, "data": "two", "idempotency_key": "k"},
        {"channel": channel, "data": "two", "idempotency_key": "k"},
        {"channel": channel, "data": "three", "close": True},
    ])
    assert [(answer["channel"], answer["offset"]) for answer in answers] == [
        (channel, 1), (other, 1), (channel, 2), (channel, 2), (channel, 3)]
    assert answers[3]["duplicate"] is True
    assert data_in(gateway, channel) == ["one", "two", "three"]
    assert http.get(gateway.url(other)).json()["retained"]["progress"]["data"] == {"n": 1}


def test_a_wrong_line_is_answered_with_its_problem_and_the_others_go_through(gateway, channel):
    answers = ndjson(gateway, [
        {"channel": channel, "data": "one"}, "this is no JSON", {"channel": "not allowed", "data": "x"},
        {"channel": channel}, {"channel": channel, "data": "x", "evnt": "typo"},
        {"channel": channel, "data": "2", "retain": "k", "expect": 5},
        {"channel": channel, "data": "two"},
    ])
    assert [answer.get("code") for answer in answers] == [
        None, "invalid_json", "invalid_channel", "invalid_field", "invalid_field", "conflict", None]
    assert answers[6]["offset"] == 2
    assert data_in(gateway, channel) == ["one", "two"]


def test_ten_thousand_ndjson_lines_of_one_request_keep_their_order(gateway, channel):
    answers = ndjson(gateway, ({"channel": channel, "data": number} for number in range(10_000)))
    assert [answer["offset"] for answer in answers] == list(range(1, 10_001))
    assert data_in(gateway, channel) == list(range(9_000, 10_000))


@pytest.mark.parametrize("expectation", [[], ["Expect: 100-continue"]], ids=["at-once", "after-100"])
def test_ndjson_is_answered_line_by_line_while_the_body_is_still_open(gateway, channel, expectation):
    line = json.dumps({"channel": channel, "data": "x"}).encode() + b"\n"
    with Connection(gateway) as connection:
        connection.request("POST", "/v1/publish", "Transfer-Encoding: chunked", *expectation)
        if expectation:
            assert connection.answer().status == 100
        for offset in (1, 2, 3):
            connection.send(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            if offset == 1:
                assert connection.answer(has_body=False).status == 200
            assert json.loads(connection.chunk())["offset"] == offset
        connection.send(b"0\r\n\r\n")
        assert connection.chunk() == b""
        assert connection.request("GET", "/healthz").answer().status == 200


def test_a_batch_that_curl_streams_in_is_answered_whole(gateway, channel):
    upload = subprocess.Popen(
        ["curl", "-sS", "-X", "POST", "-T", "-", f"{gateway.base_url}/v1/publish"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    lines = [json.dumps({"channel": channel, "data": number}) + "\n" for number in range(1000)]
    answers, _ = upload.communicate("".join(lines), timeout=15)
    assert upload.returncode == 0
    assert [json.loads(answer)["offset"] for answer in answers.splitlines()] == list(range(1, 1001))


@pytest.mark.parametrize("follow", FOLLOW.values(), ids=FOLLOW)
def test_what_is_published_in_one_request_reaches_readers_in_order(gateway, channel, follow):
    with follow(gateway, channel) as items:
        next(items)
        ndjson(gateway, [{"channel": channel, "data": str(number)} for number in range(3_000)])
        assert data_of(take(items, 3_000)) == [str(number) for number in range(3_000)]
