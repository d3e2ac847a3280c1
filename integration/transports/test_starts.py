"""Where a reader starts, and that what it can't have is told: no gap is silent."""

import pytest
from client import http
from readers import FOLLOW, data_of, take


@pytest.fixture(params=FOLLOW)
def follow(request):
    return FOLLOW[request.param]


@pytest.fixture
def epoch(gateway, channel):
    """Five messages, "1" to "5"."""
    return [gateway.publish(channel, str(number)) for number in range(1, 6)][0]["epoch"]


@pytest.fixture
def trimming(start_gateway):
    return start_gateway({"namespaces.default.history.messages": 3})


def starts_after(gateway, channel, follow, expected, /, **start):
    """The first message that such a reader sees is the one after `expected`; a sentinel shows that nothing is between."""
    with follow(gateway, channel, **start) as items:
        opening = next(items)
        assert opening["id"].endswith(f":{expected}")
        assert opening["complete"] is True
        got = take(items, 5 - expected)
        assert data_of(got) == [str(number) for number in range(expected + 1, 6)]
        gateway.publish(channel, "sentinel")
        assert next(items)["data"] == "sentinel"


@pytest.mark.parametrize("since, expected", [("earliest", 0), ("latest", 5), ("last:2", 3), ("last:99", 0)])
def test_since_says_where_to_start(gateway, channel, epoch, follow, since, expected):
    starts_after(gateway, channel, follow, expected, query={"since": since})


def test_since_may_be_a_position(gateway, channel, epoch, follow):
    starts_after(gateway, channel, follow, 2, query={"since": f"{epoch}:2"})


@pytest.mark.parametrize("name", ["last_event_id", "lastEventId"])
def test_the_query_may_hold_the_last_event_id_and_it_goes_before_since(gateway, channel, epoch, follow, name):
    starts_after(gateway, channel, follow, 4, query={"since": "earliest", name: f"{epoch}:4"})


def test_the_header_goes_before_the_query(gateway, channel, epoch, follow):
    starts_after(gateway, channel, follow, 1, last_event_id=f"{epoch}:1", query={"last_event_id": f"{epoch}:4", "since": "earliest"})


def test_an_empty_last_event_id_is_none(gateway, channel, epoch, follow):
    starts_after(gateway, channel, follow, 3, query={"lastEventId": "", "since": "last:2"})


def test_the_namespace_says_where_those_start_who_do_not_say(start_gateway, channel, follow):
    gateway = start_gateway({"namespaces.default.replay": "latest"})
    gateway.publish(channel, "before")
    with follow(gateway, channel) as items:
        assert next(items)["id"].endswith(":1")
        gateway.publish(channel, "after")
        assert next(items)["data"] == "after"


def test_the_very_beginning_is_no_gap_while_nothing_was_trimmed(gateway, channel, epoch, follow):
    starts_after(gateway, channel, follow, 0, query={"since": "0:0"})


def gap_of(gateway, channel, follow, since):
    with follow(gateway, channel, query={"since": since}) as items:
        opening, gap = take(items, 2)
        assert opening["complete"] is False
        assert gap.kind == "gap"
        assert (gap["channel"], gap["asked"]) == (channel, since)
        return gap, next(items)


@pytest.mark.parametrize("since", ["{epoch}:1", "0:0"])
def test_a_trimmed_position_is_a_gap(trimming, channel, follow, since):
    epoch = [trimming.publish(channel, str(number)) for number in range(1, 7)][0]["epoch"]
    gap, first = gap_of(trimming, channel, follow, since.format(epoch=epoch))
    assert (gap["reason"], gap["have_from"], gap["epoch"]) == ("trimmed", 4, epoch)
    assert first["offset"] == 4


def test_earliest_of_a_trimmed_log_is_no_gap(trimming, channel, follow):
    for number in range(1, 7):
        trimming.publish(channel, str(number))
    with follow(trimming, channel, query={"since": "earliest"}) as items:
        opening, first = take(items, 2)
        assert (opening["complete"], first["offset"]) == (True, 4)


def test_a_position_of_another_epoch_is_a_gap(gateway, channel, epoch, follow):
    gap, first = gap_of(gateway, channel, follow, "zzzz:2")
    assert (gap["reason"], gap["epoch"], gap["have_from"]) == ("epoch", epoch, 1)
    assert first["data"] == "1"


def test_a_position_in_the_future_is_a_gap(gateway, channel, epoch, follow):
    gap, first = gap_of(gateway, channel, follow, f"{epoch}:99")
    assert (gap["reason"], gap["epoch"], gap["have_from"]) == ("future", epoch, 1)
    assert first["data"] == "1"


def test_a_deleted_channel_comes_back_with_another_epoch_and_old_positions_are_a_gap(gateway, channel, epoch, follow):
    assert http.delete(gateway.url(channel)).status_code == 204
    fresh = gateway.publish(channel, "again")["epoch"]
    assert fresh != epoch
    gap, first = gap_of(gateway, channel, follow, f"{epoch}:5")
    assert (gap["reason"], gap["epoch"]) == ("epoch", fresh)
    assert first["data"] == "again"


@pytest.mark.parametrize("since, reason", [("zzzz:2", "epoch"), ("{epoch}:99", "future")])
def test_a_poll_tells_the_gap(gateway, channel, epoch, since, reason):
    page = http.get(gateway.url(channel), params={"since": since.format(epoch=epoch)}).json()
    assert page["complete"] is False
    assert (page["gap"]["reason"], page["gap"]["have_from"]) == (reason, 1)
    assert data_of(page["messages"]) == ["1", "2", "3", "4", "5"]


def test_a_poll_tells_that_its_position_was_trimmed(trimming, channel):
    for number in range(1, 7):
        trimming.publish(channel, str(number))
    page = http.get(trimming.url(channel), params={"since": "0:0"}).json()
    assert (page["complete"], page["gap"]["reason"], page["trimmed"]) == (False, "trimmed", 3)
    assert data_of(page["messages"]) == ["4", "5", "6"]


@pytest.mark.parametrize("since, reason", [("zzzz:2", "epoch"), ("{epoch}:99", "future")])
def test_text_that_follows_tells_the_gap_in_a_line(gateway, channel, epoch, since, reason):
    query = {"since": since.format(epoch=epoch), "follow": 1}
    with http.stream("GET", gateway.url(channel), headers={"Accept": "text/plain"}, params=query) as response:
        lines = response.iter_lines()
        gap = next(lines)
        assert "missing" in gap and reason in gap
        assert next(lines) == "1"
