"""The list of channels, their deletion, and what operators ask."""

import pytest
from client import http
from readers import FOLLOW


def listed(gateway, **query):
    answer = http.get(f"{gateway.base_url}/v1/channels", params=query)
    assert answer.status_code == 200
    return answer.json()


def test_the_list_says_top_and_closed(gateway, channel):
    gateway.publish(f"{channel}/open", "x")
    gateway.publish(f"{channel}/closed", "x")
    gateway.publish(f"{channel}/closed", "x", close=1)
    found = {entry["channel"]: entry for entry in listed(gateway, prefix=channel)["channels"]}
    assert (found[f"{channel}/open"]["top"], found[f"{channel}/open"]["closed"]) == (1, False)
    assert (found[f"{channel}/closed"]["top"], found[f"{channel}/closed"]["closed"]) == (2, True)
    assert len(found) == 2


def test_pages_of_the_list_follow_one_another_to_the_end(gateway, channel):
    names = sorted(f"{channel}/{number:02}" for number in range(25))
    for name in names:
        gateway.publish(name, "x")
    found, cursor = [], None
    while True:
        page = listed(gateway, prefix=channel, limit=10, **({"cursor": cursor} if cursor else {}))
        assert len(page["channels"]) <= 10
        found += [entry["channel"] for entry in page["channels"]]
        if not (cursor := page["cursor"]):
            break
    assert sorted(found) == names and len(found) == len(set(found))


@pytest.mark.parametrize("follow", FOLLOW.values(), ids=FOLLOW)
def test_the_list_counts_readers(gateway, channel, follow):
    gateway.publish(channel, "x")
    with follow(gateway, channel) as one, follow(gateway, channel) as two:
        next(one), next(two)
        assert listed(gateway, prefix=channel)["channels"][0]["readers"] == 2


def test_a_deleted_channel_is_gone_and_a_second_deletion_finds_nothing(gateway, channel):
    gateway.publish(channel, "x")
    assert http.delete(gateway.url(channel)).status_code == 204
    assert listed(gateway, prefix=channel)["channels"] == []
    again = http.delete(gateway.url(channel))
    assert (again.status_code, again.json()["code"]) == (404, "not_found")
    assert http.get(gateway.url(channel)).json()["messages"] == []


def test_health_and_readiness_answer(gateway):
    for path in ("/healthz", "/readyz"):
        assert http.get(gateway.base_url + path).status_code == 200


def metrics(gateway):
    """The metrics without labels; integration/operations/ looks at the format and at all others."""
    lines = http.get(f"{gateway.base_url}/metrics").text.splitlines()
    return {name: float(value) for name, value in (line.split() for line in lines if not line.startswith("#") and "{" not in line)}


def test_metrics_count_what_happens(gateway, channel):
    before = metrics(gateway)
    with FOLLOW["sse"](gateway, channel) as items:
        next(items)
        for number in range(3):
            gateway.publish(channel, str(number))
            next(items)
        after = metrics(gateway)
    grown = {name: after[name] - before[name] for name in after}
    assert grown["telltale_published_total"] == 3
    assert grown["telltale_delivered_total"] >= 3
    assert grown["telltale_sent_bytes_total"] > 0
    assert after["telltale_sessions"] >= 1
