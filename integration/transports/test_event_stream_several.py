"""One event stream of several channels."""

import json
from contextlib import contextmanager
from urllib.parse import parse_qsl

import pytest
from client import http
from httpx_sse import EventSource


@contextmanager
def follow(gateway, *channels, last_event_id=None, **query):
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    params = [("channel", channel) for channel in channels] + list(query.items())
    with http.stream("GET", f"{gateway.base_url}/v1/events", params=params, headers=headers) as response:
        assert response.status_code == 200
        yield (event for event in EventSource(response).iter_sse() if event.data)


def openings(events, count):
    """The openings, by channel; they come in any order."""
    found = [next(events) for _ in range(count)]
    assert {event.event for event in found} == {"stream-open"}
    return {json.loads(event.data)["channel"]: event for event in found}


@pytest.fixture
def pair(channel):
    return f"{channel}/a", f"{channel}/b"


def test_the_id_names_every_open_channel_and_first_the_one_of_the_message(gateway, pair):
    a, b = pair
    with follow(gateway, a, b) as events:
        openings(events, 2)
        for channel, other in [(a, b), (b, a), (a, b)]:
            position = gateway.publish(channel, "x")
            entries = parse_qsl(next(events).id)
            assert entries[0] == (channel, f"{position['epoch']}:{position['offset']}")
            assert [name for name, _ in entries[1:]] == [other]


def test_ids_of_channels_that_are_not_open_yet_are_left_out(gateway, pair):
    with follow(gateway, *pair) as events:
        first, second = (next(events) for _ in range(2))
        assert [name for name, _ in parse_qsl(first.id)] == [json.loads(first.data)["channel"]]
        assert {name for name, _ in parse_qsl(second.id)} == set(pair)


def test_names_in_the_id_are_percent_encoded(gateway, channel):
    name = f"{channel}=1,2+3~@;/x"
    gateway.publish(name, "x")
    with follow(gateway, name) as events:
        next(events)
        event = next(events)
        assert event.data == "x"
        encoded, position = event.id.split("=")
        assert "%3D" in encoded and "%2B" in encoded and "%3B" in encoded
    with follow(gateway, name, last_event_id=event.id) as events:
        assert json.loads(next(events).data)["complete"] is True
        gateway.publish(name, "y")
        assert next(events).data == "y"


def test_a_reader_comes_back_to_its_place_in_every_channel(gateway, pair):
    a, b = pair
    with follow(gateway, a, b) as events:
        openings(events, 2)
        for number in range(3):
            gateway.publish(a, f"a{number}")
            gateway.publish(b, f"b{number}")
        last = [next(events) for _ in range(6)][-1].id
    for number in range(3, 6):
        gateway.publish(a, f"a{number}")
        gateway.publish(b, f"b{number}")
    with follow(gateway, a, b, last_event_id=last) as events:
        found = [next(events) for _ in range(8)]
    data = [event.data for event in found if event.event == "message"]
    assert [text for text in data if text[0] == "a"] == ["a3", "a4", "a5"]
    assert [text for text in data if text[0] == "b"] == ["b3", "b4", "b5"]


def test_a_channel_that_the_id_does_not_name_starts_as_since_says(gateway, pair):
    a, b = pair
    gateway.publish(b, "before")
    position = gateway.publish(a, "before")
    with follow(gateway, a, b, last_event_id=f"{a.replace('/', '%2F')}={position['epoch']}:1", since="latest") as events:
        assert {json.loads(event.data)["complete"] for event in openings(events, 2).values()} == {True}
        gateway.publish(b, "after")
        assert next(events).data == "after"


def test_a_gap_says_of_which_channel_it_is(gateway, pair):
    a, b = pair
    gateway.publish(a, "one")
    with follow(gateway, a, b, last_event_id=f"{a.replace('/', '%2F')}=zzzz:7") as events:
        found = [next(events) for _ in range(4)]
    (gap,) = [json.loads(event.data) for event in found if event.event == "stream-gap"]
    assert (gap["channel"], gap["asked"], gap["reason"]) == (a, "zzzz:7", "epoch")


def test_the_stream_goes_on_until_every_channel_has_ended(gateway, pair):
    a, b = pair
    with follow(gateway, a, b) as events:
        openings(events, 2)
        gateway.publish(a, "last", close=1)
        assert next(events).data == "last"
        end = next(events)
        assert (end.event, json.loads(end.data)) == ("stream-end", {"channel": a, "reason": "closed"})
        gateway.publish(b, "x")
        assert next(events).data == "x"
        assert http.delete(gateway.url(b)).status_code == 204
        assert json.loads(next(events).data) == {"channel": b, "reason": "deleted"}
        assert list(events) == []


def test_a_reader_that_comes_back_with_the_top_of_every_closed_channel_gets_204(gateway, pair):
    a, b = pair
    gateway.publish(a, "last", close=1)
    gateway.publish(b, "last", close=1)
    with follow(gateway, a, b) as events:
        last = [event.id for event in events][-1]
    answer = http.get(f"{gateway.base_url}/v1/events", params=[("channel", a), ("channel", b)], headers={"Last-Event-ID": last})
    assert answer.status_code == 204


@pytest.mark.parametrize("closed_one_comes_first", [True, False])
def test_a_reader_that_has_all_of_one_closed_channel_is_told_its_end_and_follows_the_others(gateway, pair, closed_one_comes_first):
    a, b = pair
    position = gateway.publish(a, "last", close=1)
    order = (a, b) if closed_one_comes_first else (b, a)
    with follow(gateway, *order, last_event_id=f"{a.replace('/', '%2F')}={position['epoch']}:1") as events:
        found = [next(events) for _ in range(3)]
        assert sorted(event.event for event in found) == ["stream-end", "stream-open", "stream-open"]
        gateway.publish(b, "x")
        assert next(events).data == "x"
