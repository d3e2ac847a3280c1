"""A broker without room: everybody is told at once, with when to try again, and nothing is accepted and dropped."""

import json

import pytest
from client import PooledGateway, http
from raw import TEXT, Connection, WebSocketConnection, frame

CAPACITY = 1 << 20


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A gateway whose memory broker has taken all that it may."""
    settings = {"broker.memory.bytes": "1MiB", "limits.message_bytes": "1MiB"}
    gateway = PooledGateway(tmp_path_factory.mktemp("full") / "gateway.log", settings).start()
    gateway.publish("full", "x" * (CAPACITY - 20_000))
    while http.post(gateway.url("full"), content=b"x" * 2000).status_code == 200:
        pass
    yield gateway
    gateway.stop()


LARGE = "x" * 20_000


def expect_unavailable(problem):
    assert problem["code"] == "unavailable"
    assert problem["detail"].startswith("the broker is not available: ")
    assert problem["retry_after"] == 1


@pytest.mark.parametrize("query", ["", "?lines=1"])
def test_a_post_gets_503_and_when_to_try_again(full, query):
    answer = http.post(full.url("a") + query, content=LARGE.encode())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["content-type"] == "application/problem+json"
    expect_unavailable(answer.json())
    assert http.get(full.url("a")).json()["top"] == 0


def test_an_ndjson_line_is_answered_so_in_its_place_and_the_lines_behind_it_are_read(full):
    lines = [json.dumps({"channel": "a", "data": LARGE}), "{", json.dumps({"channel": "a", "data": LARGE})]
    with Connection(full) as connection:
        connection.request("POST", "/v1/publish", "Transfer-Encoding: chunked")
        assert connection.try_send(b"".join(b"%x\r\n%s\n\r\n" % (len(line) + 1, line.encode()) for line in lines[:1]))
        assert connection.answer(has_body=False).status == 200
        problem = json.loads(connection.chunk())
        assert problem["status"] == 503
        expect_unavailable(problem)
        assert connection.try_send(b"".join(b"%x\r\n%s\n\r\n" % (len(line) + 1, line.encode()) for line in lines[1:]) + b"0\r\n\r\n")
        rest = b"".join(iter(connection.chunk, b"")).splitlines()
        assert [json.loads(line)["code"] for line in rest] == ["invalid_json", "unavailable"]


def test_a_publication_over_websocket_is_answered_so(full):
    with WebSocketConnection(full) as socket:
        assert socket.message()["type"] == "open"
        socket.send(frame(TEXT, json.dumps({"type": "publish", "id": 7, "channel": "a", "data": "x" * 20_000}).encode()))
        answer = socket.message()
        assert (answer["type"], answer["id"]) == ("error", 7)
        expect_unavailable(answer)
