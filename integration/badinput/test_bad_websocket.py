"""WebSocket clients that break the protocol, or say what makes no sense."""

import json

import pytest
from client import http
from process import resident
from raw import BINARY, CLOSE, PING, TEXT, WebSocketConnection, frame


@pytest.fixture
def connection(gateway):
    with WebSocketConnection(gateway) as connection:
        assert connection.message()["type"] == "open"
        yield connection


@pytest.mark.parametrize("text, code", [
    (b"no JSON", "invalid_json"), (b"", "invalid_json"), (b"[]", "invalid_json"), (b'"text"', "invalid_json"), (b"{} {}", "invalid_json"),
    (b"{}", "invalid_field"), (b'{"type":7}', "invalid_field"), (b'{"type":"dance"}', "unknown_type"),
    (b'{"type":"subscribe"}', "invalid_channel"), (b'{"type":"subscribe","channel":"a b"}', "invalid_channel"),
    (b'{"type":"subscribe","channel":"a","since":"nonsense"}', "invalid_position"),
    (b'{"type":"unsubscribe","channel":"never"}', "not_subscribed"), (b'{"type":"publish","channel":"a"}', "invalid_field"),
    (b'{"type":"publish","channel":"a","data":"x","event":"stream-open"}', "invalid_event"),
    (b'{"type":"publish","channel":"a","data":"' + b"x" * 5000 + b'"}', "message_too_large"),
    (b'{"type":"ping","id":{}}', "invalid_field"), (b"[" * 20_000, "invalid_json"),
])
def test_what_makes_no_sense_is_an_error_and_the_connection_goes_on(connection, text, code):
    connection.send(frame(TEXT, text))
    error = connection.message()
    assert (error["type"], error["code"]) == ("error", code)
    assert error["detail"]
    connection.send(frame(TEXT, b'{"type":"ping","id":1}'))
    assert connection.message() == {"type": "pong", "id": 1}


def test_an_error_carries_the_id_of_its_question(connection):
    connection.send(frame(TEXT, b'{"type":"dance","id":"tango"}'))
    assert connection.message()["id"] == "tango"


@pytest.mark.parametrize("sent, code", [
    (frame(TEXT, b"{}", masked=False), 1002),
    (frame(PING, b"x", fin=False), 1002),
    (frame(CLOSE, b"\x03\xe8", fin=False), 1002),
    (frame(PING, b"x" * 126), 1002),
    (frame(TEXT, b"{}", reserved=4), 1002),
    (frame(3, b"x"), 1002),
    (frame(11, b"x"), 1002),
    (frame(0, b"x"), 1002),
    (frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), 1002),
    (frame(CLOSE, b"\x03"), 1002),
    (frame(CLOSE, b"\x03\xed"), 1002),
    (frame(BINARY, b"{}"), 1003),
    (frame(TEXT, b"\xff\xfe"), 1007),
    (frame(TEXT, b'"\xc3', fin=False) + frame(0, b'"'), 1007),
    (frame(CLOSE, b"\x03\xe8\xff"), 1007),
    (frame(TEXT, b"", declared=1 << 63), 1002),
], ids=[
    "unmasked", "fragmented-ping", "fragmented-close", "long-ping", "reserved-bit", "unknown-opcode", "unknown-control",
    "lone-continuation", "text-in-text", "close-of-one-byte", "close-1005", "binary", "no-utf8", "split-no-utf8", "close-reason-no-utf8", "length-2^63"])
def test_a_broken_frame_gets_the_close_code_that_rfc_6455_names(connection, sent, code):
    connection.try_send(sent)
    assert connection.close_code() == code
    assert connection.is_ended()


def send_much(connection, head, megabytes):
    """Sends so much, or until the gateway has had enough."""
    if not connection.try_send(head):
        return
    for _ in range(megabytes * 4):
        if not connection.try_send(bytes(256 << 10)):
            return


def test_a_frame_of_100_mb_gets_1009_and_no_memory(gateway, connection):
    before = resident(gateway.process)
    size = 100 << 20
    connection.send(frame(TEXT, b"", declared=size))
    assert connection.close_code() == 1009
    send_much(connection, b"", 100)
    assert resident(gateway.process) - before < 20_000
    assert connection.is_ended()


def test_a_frame_of_100_mb_sent_at_once_takes_no_memory(gateway, connection):
    before = resident(gateway.process)
    send_much(connection, frame(TEXT, b"", declared=100 << 20), 100)
    assert resident(gateway.process) - before < 20_000


def test_a_message_of_100_mb_in_small_fragments_takes_no_memory(gateway, connection):
    before = resident(gateway.process)
    part = frame(0, b"x" * 4000, fin=False) * 64
    connection.try_send(frame(TEXT, b"x", fin=False))
    for _ in range(400):
        if not connection.try_send(part):
            break
    assert resident(gateway.process) - before < 20_000


def test_a_client_that_publishes_and_reads_nothing_takes_no_memory(gateway, channel):
    before = resident(gateway.process)
    request = frame(TEXT, json.dumps({"type": "publish", "channel": channel, "data": "x" * 100, "wrong": "x" * 1000}).encode())
    with WebSocketConnection(gateway, receive_buffer=4096) as connection:
        connection.socket.settimeout(2)
        for _ in range(600):
            if not connection.try_send(request * 100):
                break
        else:
            pytest.fail("the gateway goes on reading from a client that takes no answers")
        assert resident(gateway.process) - before < 40_000
    assert http.get(gateway.url(channel)).json()["top"] == 0


@pytest.mark.parametrize("cut", [1, 3, 7, 20])
def test_a_client_that_vanishes_within_a_frame_is_forgotten(gateway, cut):
    with WebSocketConnection(gateway) as connection:
        connection.send(frame(TEXT, b'{"type":"ping","id":"xxxxxxxxxxxxxxxxx"}')[:cut])
    assert gateway.is_alive()
