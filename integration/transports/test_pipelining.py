"""Requests that are sent before the answers to those before them (RFC 9112 §9.3.2): publications share their way to the
broker, and still each is answered in its place."""

import itertools
import socket

import pytest
from client import http
from raw import Connection


def publication(channel, body, *headers):
    head = [f"POST /v1/channels/{channel} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


def texts(gateway, channel):
    return [message["data"] for message in http.get(gateway.url(channel) + "?limit=1000").json()["messages"]]


def test_pipelined_publications_are_published_and_answered_in_order(gateway, channel):
    with Connection(gateway) as connection:
        connection.send(b"".join(publication(channel, str(number).encode()) for number in range(200)))
        assert [connection.answer().json()["offset"] for _ in range(200)] == list(range(1, 201))
    assert texts(gateway, channel) == [str(number) for number in range(200)]


def test_a_wrong_publication_is_answered_in_its_place_and_harms_none_beside_it(gateway, channel):
    with Connection(gateway) as connection:
        connection.send(
            publication(channel, b"one") + publication(f"{channel}?fence=x", b"two") + publication(channel, b"\xff")
            + publication(channel, b"{", "Content-Type: application/json") + publication(f"{channel}%zz", b"x")
            + publication(channel, b"three"))
        answers = [connection.answer() for _ in range(6)]
    assert [answer.status for answer in answers] == [200, 400, 400, 400, 400, 200]
    assert [answer.code for answer in answers[1:5]] == ["invalid_query", "invalid_utf8", "invalid_json", "invalid_channel"]
    assert texts(gateway, channel) == ["one", "three"]


def test_other_requests_between_publications_see_those_before_them_and_not_those_behind(gateway, channel):
    get = f"GET /v1/channels/{channel} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with Connection(gateway) as connection:
        connection.send(b"".join(publication(channel, b"x") + publication(channel, b"y") + get for _ in range(20)))
        for round in range(20):
            assert [connection.answer().json()["offset"] for _ in range(2)] == [2 * round + 1, 2 * round + 2]
            assert connection.answer().json()["top"] == 2 * round + 2


def test_lines_and_chunked_bodies_between_publications_are_published_in_their_place(gateway, channel):
    chunked = publication(channel, b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    with Connection(gateway) as connection:
        connection.send(
            publication(channel, b"first") + publication(f"{channel}?lines=1", b"a\nb\n")
            + chunked + b"3\r\nthe\r\n5\r\n next\r\n0\r\n\r\n" + publication(channel, b"last"))
        assert [connection.answer().json()["offset"] for _ in range(4)] == [1, 3, 4, 5]
    assert texts(gateway, channel) == ["first", "a", "b", "the next", "last"]


def test_publications_cut_anywhere_arrive_whole(gateway, channel):
    requests = b"".join(publication(channel, b"text %d" % number) for number in range(4))
    with Connection(gateway) as connection:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for step in range(1, 60, 7):
            for start in range(0, len(requests), step):
                connection.send(requests[start:start + step])
            assert [connection.answer().status for _ in range(4)] == [200] * 4
    assert texts(gateway, channel) == [f"text {number}" for number in range(4)] * len(range(1, 60, 7))


def test_nothing_behind_a_request_that_closes_the_connection_is_published(gateway, channel):
    with Connection(gateway) as connection:
        connection.send(
            publication(channel, b"one") + publication(channel, b"two", "Connection: close") + publication(channel, b"three"))
        assert [connection.answer().json()["offset"] for _ in range(2)] == [1, 2]
        assert connection.is_ended()
    assert texts(gateway, channel) == ["one", "two"]


def test_publications_before_what_is_no_http_are_published_and_answered(gateway, channel):
    with Connection(gateway) as connection:
        connection.send(publication(channel, b"one") + publication(channel, b"two") + b"garbage\r\n\r\n")
        assert [connection.answer().status for _ in range(2)] == [200, 200]
        assert connection.answer().code == "invalid_http"
        assert connection.is_ended()
    assert texts(gateway, channel) == ["one", "two"]


def test_a_stream_behind_publications_begins_when_they_are_answered(gateway, channel):
    with Connection(gateway) as connection:
        connection.send(
            publication(channel, b"one") + publication(channel, b"two")
            + f"GET /v1/channels/{channel}?follow=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/plain\r\n\r\n".encode())
        assert [connection.answer().json()["offset"] for _ in range(2)] == [1, 2]
        assert connection.answer(has_body=False).headers["content-type"].startswith("text/plain")
        gateway.publish(channel, "live")
        assert [connection.line() for _ in range(3)] == ["one\n", "two\n", "live\n"]


@pytest.mark.parametrize("headers", [
    ["Content-Type: text/plain", "Content-Type: application/json"], ["Expect: 100-continue"], ["Upgrade: h2c"], []])
def test_what_is_not_simple_about_a_publication_changes_nothing_for_those_beside_it(gateway, channel, headers):
    with Connection(gateway) as connection:
        connection.send(publication(channel, b"1") + publication(channel, b"2", *headers))
        answers = (connection.answer() for _ in itertools.count())
        offsets = [answer.json()["offset"] for answer in itertools.islice(
            (answer for answer in answers if answer.status != 100), 2)]
    assert offsets == [1, 2]


def test_who_does_not_take_its_answers_is_not_read_any_further(gateway, channel):
    block = b"".join(publication(channel, b"x") for _ in range(1_000))
    with Connection(gateway) as connection:
        connection.socket.settimeout(3)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 256 << 20:
                sent += connection.socket.send(block[sent % len(block):])
        connection.socket.settimeout(15)
        whole = sent // (len(block) // 1_000)
        assert [connection.answer().json()["offset"] for _ in range(whole)] == list(range(1, whole + 1))
