"""What a WebSocket client can say, and what it hears."""

import json
from contextlib import contextmanager

import httpx
import pytest
import websocket
from client import http
from frames import SECONDS, Socket
from raw import PING, PONG, TEXT, Connection, WebSocketConnection, frame
from websockets.sync.client import connect

@contextmanager
def opened(gateway, **query):
    url = httpx.URL(f"ws://127.0.0.1:{gateway.port}/v1/ws", params=query)
    with connect(str(url), open_timeout=SECONDS) as connection:
        socket = Socket(connection)
        assert socket.hear() == {"type": "open", "protocol": "telltale.v1"}
        yield socket


def test_websocket_client_with_the_channel_in_the_address_needs_to_send_nothing(gateway, channel):
    gateway.publish(channel, "one")
    socket = websocket.create_connection(f"ws://127.0.0.1:{gateway.port}/v1/ws?channel={channel}&since=earliest", timeout=SECONDS)
    try:
        assert [json.loads(socket.recv())["type"] for _ in range(2)] == ["open", "subscribed"]
        assert json.loads(socket.recv())["data"] == "one"
        gateway.publish(channel, "two")
        assert json.loads(socket.recv())["data"] == "two"
    finally:
        socket.close()


def test_a_channels_own_address_takes_the_upgrade_too(gateway, channel):
    gateway.publish(channel, "one")
    with connect(f"ws://127.0.0.1:{gateway.port}/v1/channels/{channel}?since=latest") as connection:
        socket = Socket(connection)
        assert socket.hear()["type"] == "open"
        assert socket.hear()["offset"] == 1


def test_the_subprotocol_is_chosen_when_it_is_offered_and_else_there_is_none(gateway):
    address = f"ws://127.0.0.1:{gateway.port}/v1/ws"
    with connect(address, subprotocols=["other", "telltale.v1"]) as connection:
        assert connection.subprotocol == "telltale.v1"
    with connect(address) as connection:
        assert connection.subprotocol is None


def test_every_answer_carries_the_id_of_its_question(gateway, channel):
    with opened(gateway) as socket:
        subscribed = socket.ask(type="subscribe", id=1, channel=channel)
        assert (subscribed["type"], subscribed["id"], subscribed["channel"]) == ("subscribed", 1, channel)
        assert (subscribed["offset"], subscribed["top"], subscribed["complete"], subscribed["closed"]) == (0, 0, True, False)
        assert socket.ask(type="ping", id="my own") == {"type": "pong", "id": "my own"}
        assert socket.ask(type="ping") == {"type": "pong"}
        socket.say(type="publish", id=2, channel=channel, data="hello")
        heard = {answer["type"]: answer for answer in (socket.hear(), socket.hear())}
        assert (heard["published"]["id"], heard["published"]["channel"], heard["published"]["offset"]) == (2, channel, 1)
        assert (heard["message"]["data"], heard["message"]["offset"]) == ("hello", 1)
        assert socket.ask(type="unsubscribe", id=3, channel=channel) == {"type": "unsubscribed", "id": 3, "channel": channel}


def test_a_message_has_all_its_fields_and_json_data_is_json(gateway, channel):
    with opened(gateway) as socket:
        socket.ask(type="subscribe", channel=channel)
        for data in ({"current": 3}, [1, None], 7, "text", True):
            socket.say(type="publish", channel=channel, data=data, event="progress", retain="progress")
            message = next(heard for heard in (socket.hear(), socket.hear()) if heard["type"] == "message")
            assert (message["data"], message["event"], message["retain"]) == (data, "progress", "progress")
            assert message["channel"] == channel
            assert message["time"].endswith("Z")


def test_after_unsubscribe_nothing_comes_and_a_new_subscription_finds_it_all(gateway, channel):
    with opened(gateway) as socket:
        socket.ask(type="subscribe", channel=channel)
        socket.ask(type="unsubscribe", channel=channel)
        gateway.publish(channel, "unheard")
        assert socket.ask(type="ping", id=1) == {"type": "pong", "id": 1}
        assert socket.ask(type="subscribe", channel=channel, since="earliest")["top"] == 1
        assert socket.hear()["data"] == "unheard"


def test_many_channels_share_a_connection(gateway, channel):
    names = [f"{channel}/{number}" for number in range(20)]
    with opened(gateway) as socket:
        for name in names:
            assert socket.ask(type="subscribe", channel=name)["type"] == "subscribed"
        for name in names:
            gateway.publish(name, name)
        heard = [socket.hear() for _ in names]
        assert sorted(message["channel"] for message in heard) == sorted(names)
        assert all(message["channel"] == message["data"] for message in heard)


def test_publications_of_a_connection_keep_their_order(gateway, channel):
    count = 2_000
    with opened(gateway) as socket:
        for number in range(count):
            socket.say(type="publish", id=number, channel=channel, data=number)
        answers = [socket.hear() for _ in range(count)]
    assert [answer["id"] for answer in answers] == list(range(count))
    assert [answer["offset"] for answer in answers] == list(range(1, count + 1))
    page = http.get(gateway.url(channel), params={"since": "last:1000", "limit": 1000}).json()
    assert [message["data"] for message in page["messages"]] == list(range(count - 1000, count))


def test_publish_takes_the_fields_of_ndjson_and_its_refusals_say_what_there_is(gateway, channel):
    with opened(gateway) as socket:
        first = socket.ask(type="publish", channel=channel, data="1", retain="k", expect=0, fence=5, idempotency_key="once")
        assert (first["type"], first["offset"]) == ("published", 1)
        again = socket.ask(type="publish", channel=channel, data="1", idempotency_key="once")
        assert (again["offset"], again["duplicate"]) == (1, True)
        conflict = socket.ask(type="publish", id=9, channel=channel, data="2", retain="k", expect=0)
        assert (conflict["type"], conflict["id"], conflict["code"], conflict["current"]) == ("error", 9, "conflict", 1)
        fenced = socket.ask(type="publish", channel=channel, data="2", fence=4)
        assert (fenced["code"], fenced["highest"]) == ("fenced", 5)
        assert socket.ask(type="publish", channel=channel, data="last", close=True)["offset"] == 2
        assert socket.ask(type="publish", channel=channel, data="more")["code"] == "closed"


def test_a_second_subscription_to_a_channel_is_an_error_and_the_first_goes_on(gateway, channel):
    with opened(gateway) as socket:
        socket.ask(type="subscribe", channel=channel)
        error = socket.ask(type="subscribe", id=2, channel=channel)
        assert (error["type"], error["id"], error["code"]) == ("error", 2, "already_subscribed")
        gateway.publish(channel, "x")
        assert socket.hear()["data"] == "x"


def test_more_channels_than_allowed_are_refused_and_the_others_go_on(start_gateway, channel):
    gateway = start_gateway({"limits.subscriptions": 2})
    with opened(gateway) as socket:
        for number in range(2):
            socket.ask(type="subscribe", channel=f"{channel}/{number}")
        error = socket.ask(type="subscribe", id=3, channel=f"{channel}/2")
        assert (error["type"], error["id"], error["code"]) == ("error", 3, "too_many_subscriptions")
        gateway.publish(f"{channel}/0", "x")
        assert socket.hear()["data"] == "x"


def test_a_frame_sent_right_behind_the_handshake_is_heard(gateway, channel):
    with WebSocketConnection(gateway, behind=frame(TEXT, b'{"type":"ping","id":1}')) as connection:
        assert connection.message()["type"] == "open"
        assert connection.message() == {"type": "pong", "id": 1}


def test_a_protocol_ping_is_answered_with_its_payload(gateway):
    with opened(gateway) as socket:
        assert socket.connection.ping(b"payload").wait(SECONDS)


def test_a_closing_handshake_is_answered_and_the_connection_ends(gateway):
    with opened(gateway) as socket:
        socket.connection.close(4000, "enough")
        assert socket.connection.close_code == 4000


def test_a_client_that_answers_no_ping_is_closed_with_4408(start_gateway):
    gateway = start_gateway({"websocket.ping": "1s", "websocket.silence": "2s"})
    with WebSocketConnection(gateway) as connection:
        assert connection.close_code() == 4408
        assert connection.is_ended()


def test_a_client_that_answers_pings_may_be_silent_for_long(start_gateway, channel):
    gateway = start_gateway({"websocket.ping": "1s", "websocket.silence": "2s"})
    with WebSocketConnection(gateway, f"/v1/ws?channel={channel}") as connection:
        for _ in range(4):
            while (found := connection.frame())[0] != PING:
                assert found[0] == TEXT
            connection.send(frame(PONG, found[1]))
        gateway.publish(channel, "still here")
        assert connection.message()["data"] == "still here"


def test_at_shutdown_every_client_is_told_to_come_back_with_1001(start_gateway, channel):
    gateway = start_gateway({"drain": "1s"})
    with WebSocketConnection(gateway) as one, WebSocketConnection(gateway, f"/v1/ws?channel={channel}") as two:
        one.message(), two.message()
        gateway.process.terminate()
        assert (one.close_code(), two.close_code()) == (1001, 1001)
    assert gateway.process.wait(SECONDS) == 0


@pytest.mark.parametrize("headers, status, code", [
    (["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 8", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="],
     426, "websocket_version"),
    (["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: short"], 400, "websocket_key"),
    ([], 426, "upgrade_required"),
])
def test_an_improper_handshake_is_refused_over_http(gateway, headers, status, code):
    with Connection(gateway) as connection:
        answer = connection.request("GET", "/v1/ws", *headers).answer()
        assert (answer.status, answer.code) == (status, code)
