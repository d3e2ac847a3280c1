"""HTTP connections: kept alive, pipelined, old, careful, and a stream at any request of them."""

from pathlib import Path

import pytest
from client import http
from gateway import until
from process import metric
from raw import Connection


def blocks(connection, count):
    found = []
    while len(found) < count:
        lines = []
        while (line := connection.line()) != "\n":
            assert line, "the stream ended"
            lines.append(line.rstrip("\n"))
        found.append(lines)
    return found


def test_a_connection_serves_many_requests(gateway, channel):
    with Connection(gateway) as connection:
        for number in range(50):
            answer = connection.request("POST", f"/v1/channels/{channel}", body=str(number).encode()).answer()
            assert (answer.status, answer.json()["offset"]) == (200, number + 1)


def test_a_stream_may_begin_on_a_kept_alive_connection(gateway, channel):
    with Connection(gateway) as connection:
        for number in range(5):
            connection.request("POST", f"/v1/channels/{channel}", body=str(number).encode()).answer()
        connection.request("GET", f"/v1/channels/{channel}", "Accept: text/event-stream")
        assert connection.answer(has_body=False).status == 200
        found = blocks(connection, 6)
        assert [block[-1] for block in found[1:]] == [f"data: {number}" for number in range(5)]
        gateway.publish(channel, "live")
        assert blocks(connection, 1)[0][-1] == "data: live"


def test_a_refused_stream_leaves_the_connection_usable(gateway, channel):
    with Connection(gateway) as connection:
        connection.request("GET", f"/v1/channels/{channel}?since=nonsense", "Accept: text/event-stream")
        assert connection.answer().status == 400
        assert connection.request("GET", "/healthz").answer().status == 200


def test_pipelined_requests_are_answered_in_order(gateway, channel):
    count = 20
    with Connection(gateway) as connection:
        one = f"POST /v1/channels/{channel} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\n\r\nx".encode()
        connection.send(one * count + b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert [connection.answer().json()["offset"] for _ in range(count)] == list(range(1, count + 1))
        assert connection.answer().body == b"ok\n"


def test_a_stream_behind_pipelined_requests_comes_after_their_answers(gateway, channel):
    with Connection(gateway) as connection:
        post = f"POST /v1/channels/{channel} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\n\r\nx".encode()
        stream = f"GET /v1/channels/{channel} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n".encode()
        connection.send(post * 2 + stream)
        assert [connection.answer().json()["offset"] for _ in range(2)] == [1, 2]
        assert connection.answer(has_body=False).headers["content-type"] == "text/event-stream"
        assert [block[-1] for block in blocks(connection, 3)[1:]] == ["data: x", "data: x"]


def test_a_stream_behind_answers_that_are_not_taken_comes_after_them(gateway, channel):
    messages, answers = 14, 12  # 10 MB, of which the sockets between take six at most
    for number in range(messages):
        gateway.publish(channel, f"{number:060000}")
    sent = metric(http, gateway, "sent_bytes_total")
    with Connection(gateway, receive_buffer=4096) as connection:
        backlog = f"GET /v1/channels/{channel} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        stream = f"GET /v1/channels/{channel}?since=latest HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"
        connection.send(backlog * answers + stream.encode())
        until(lambda: metric(http, gateway, "sent_bytes_total") - sent > messages * answers * 60_000, 15, "they are not written")
        assert [len(connection.answer().json()["messages"]) for _ in range(answers)] == [messages] * answers
        assert connection.answer(has_body=False).headers["content-type"] == "text/event-stream"
        assert blocks(connection, 1)[0][-1].startswith("data: {")
        gateway.publish(channel, "live")
        assert blocks(connection, 1)[0][-1] == "data: live"


def test_a_client_that_waits_for_100_continue_gets_it_and_then_its_answer(gateway, channel):
    with Connection(gateway) as connection:
        connection.request("POST", f"/v1/channels/{channel}", "Expect: 100-continue", "Content-Length: 5")
        assert connection.answer().status == 100
        connection.send(b"hello")
        answer = connection.answer()
        assert (answer.status, answer.json()["offset"]) == (200, 1)
        assert connection.request("GET", "/healthz").answer().status == 200


def test_a_client_that_waits_for_100_continue_is_refused_before_it_sends_too_much(gateway, channel):
    with Connection(gateway) as connection:
        connection.request("POST", f"/v1/channels/{channel}", "Expect: 100-continue", "Content-Length: 99999999")
        answer = connection.answer()
        assert (answer.status, answer.code) == (413, "message_too_large")


def test_an_http_1_0_client_gets_its_answer_and_the_end_of_the_connection(gateway, channel):
    gateway.publish(channel, "one")
    with Connection(gateway) as connection:
        connection.send(f"GET /v1/channels/{channel} HTTP/1.0\r\nAccept: text/plain\r\n\r\n".encode())
        answer = connection.answer()
        assert (answer.status, answer.body) == (200, b"one\n")
        assert connection.is_ended()


def test_an_http_1_0_client_may_follow_a_stream(gateway, channel):
    gateway.publish(channel, "one")
    with Connection(gateway) as connection:
        connection.send(f"GET /v1/channels/{channel} HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n".encode())
        assert connection.answer(has_body=False).status == 200
        assert blocks(connection, 2)[1][-1] == "data: one"


def test_connection_close_is_obeyed(gateway):
    with Connection(gateway) as connection:
        answer = connection.request("GET", "/healthz", "Connection: close").answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert connection.is_ended()


@pytest.mark.parametrize("path", ["/v1/channels/{}", "/healthz", "/"])
def test_head_has_the_headers_of_get_and_no_body(gateway, channel, path):
    gateway.publish(channel, "one")
    path = path.format(channel)
    with Connection(gateway) as connection:
        head = connection.request("HEAD", path).answer(has_body=False)
        whole = connection.request("GET", path).answer()
        assert (head.status, whole.status) == (200, 200)
        assert head.headers["content-type"] == whole.headers["content-type"]
        assert head.headers["content-length"] == str(len(whole.body))


def test_head_of_a_stream_begins_none(gateway, channel):
    with Connection(gateway) as connection:
        head = connection.request("HEAD", f"/v1/channels/{channel}", "Accept: text/event-stream").answer(has_body=False)
        assert head.status in (200, 405)
        assert connection.request("GET", "/healthz").answer().status == 200


def test_an_unknown_path_is_a_problem(gateway):
    answer = http.get(f"{gateway.base_url}/v1/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def timer(connection):
    """The kernel's for the gateway's end (proc_tcp.txt of the kernel's documentation): 2 is keep-alive's."""
    near, far = (f":{end[1]:04X}" for end in (connection.socket.getpeername(), connection.socket.getsockname()))
    ends = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines())
    return next(int(fields[5].split(":")[0], 16) for fields in ends if fields[1].endswith(near) and fields[2].endswith(far))


def test_the_kernel_looks_after_silent_peers(gateway, channel):
    with Connection(gateway) as kept, Connection(gateway) as stream:
        kept.request("GET", "/healthz").answer()
        stream.request("GET", f"/v1/channels/{channel}", "Accept: text/event-stream").answer(has_body=False)
        blocks(stream, 1)
        until(lambda: timer(kept) == timer(stream) == 2, 5, lambda: f"timers {timer(kept)} and {timer(stream)}")
