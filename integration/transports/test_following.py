"""What a reader of one channel sees, by EventSource and by WebSocket alike."""

import pytest
from client import http
from readers import FOLLOW, data_of, take


@pytest.fixture(params=FOLLOW)
def follow(request):
    return FOLLOW[request.param]


def test_a_reader_sees_an_opening_then_what_it_missed_then_what_comes(gateway, channel, follow):
    first = gateway.publish(channel, "one")
    gateway.publish(channel, "two")
    with follow(gateway, channel) as items:
        opening = next(items)
        assert (opening.kind, opening["channel"], opening["epoch"]) == ("open", channel, first["epoch"])
        assert (opening["top"], opening["complete"], opening["closed"]) == (2, True, False)
        assert opening["id"] == f"{first['epoch']}:0"
        assert data_of(take(items, 2)) == ["one", "two"]
        gateway.publish(channel, "three")
        item = next(items)
        assert (item["data"], item["offset"], item["epoch"]) == ("three", 3, first["epoch"])


def test_a_channel_that_does_not_exist_yet_can_be_followed(gateway, channel, follow):
    with follow(gateway, channel) as items:
        assert next(items)["id"] == "0:0"
        gateway.publish(channel, "first")
        item = next(items)
        assert (item["data"], item["offset"]) == ("first", 1)


def test_offsets_are_without_holes_over_backlog_and_live(gateway, channel, follow):
    for number in range(300):
        gateway.publish(channel, str(number))
    with follow(gateway, channel) as items:
        assert next(items).kind == "open"
        for number in range(300, 350):
            gateway.publish(channel, str(number))
        got = take(items, 350)
        assert [item["offset"] for item in got] == list(range(1, 351))
        assert data_of(got) == [str(number) for number in range(350)]


def test_a_closed_channel_gives_its_backlog_and_the_end(gateway, channel, follow):
    gateway.publish(channel, "one")
    gateway.publish(channel, "last", close=1)
    with follow(gateway, channel) as items:
        opening, one, last, end = take(items, 4)
    assert opening["closed"] is True
    assert data_of([one, last]) == ["one", "last"]
    assert (end.kind, end["channel"], end["reason"]) == ("end", channel, "closed")


def test_a_live_reader_is_told_that_the_channel_was_closed(gateway, channel, follow):
    with follow(gateway, channel) as items:
        next(items)
        gateway.publish(channel, "last", close=1)
        assert next(items)["data"] == "last"
        end = next(items)
        assert (end.kind, end["reason"]) == ("end", "closed")


def test_a_live_reader_is_told_that_the_channel_was_deleted(gateway, channel, follow):
    gateway.publish(channel, "one")
    with follow(gateway, channel) as items:
        take(items, 2)
        assert http.delete(gateway.url(channel)).status_code == 204
        end = next(items)
        assert (end.kind, end["reason"]) == ("end", "deleted")


def test_a_higher_fence_opens_a_closed_channel_again(gateway, channel, follow):
    gateway.publish(channel, "one", close=1, fence=1)
    gateway.publish(channel, "two", fence=2)
    with follow(gateway, channel) as items:
        opening, one, two = take(items, 3)
        assert opening["closed"] is False
        assert data_of([one, two]) == ["one", "two"]
        gateway.publish(channel, "three", fence=2)
        assert next(items)["data"] == "three"


def test_a_conflated_message_is_delivered_live_and_only_the_newest_is_kept(gateway, channel, follow):
    with follow(gateway, channel) as items:
        next(items)
        for percent in range(3):
            gateway.publish(channel, str(percent), event="progress", retain="progress", conflate=1)
        assert data_of(take(items, 3)) == ["0", "1", "2"]
    gateway.publish(channel, "done")
    with follow(gateway, channel) as items:
        opening, progress, done = take(items, 3)
    assert opening["complete"] is True
    assert (progress["event"], progress["data"], progress["offset"]) == ("progress", "2", 3)
    assert (done["data"], done["offset"]) == ("done", 4)


def test_data_of_many_scripts_and_sizes_arrives_as_it_was_sent(gateway, channel, follow):
    texts = ["", " leading space", "two\nlines", "ends\n", "日本語 🧪", "x" * 65_000, 'quote " and \\ backslash', "\t\x01\x7f"]
    for text in texts:
        gateway.publish(channel, text)
    with follow(gateway, channel) as items:
        next(items)
        assert data_of(take(items, len(texts))) == texts
