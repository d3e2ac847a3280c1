"""A task that finishes at the very moment that somebody begins to watch it."""

import asyncio

import pytest
from racing_watchers import race_all

MEANINGFUL = 0.05  # of all, at least, came before the end, and after it


@pytest.mark.parametrize("broker, gateways, count", [("memory", 1, 2000), ("redis", 2, 1000), ("postgres", 2, 500)])
def test_whoever_comes_as_a_task_ends_is_told_the_end(request, start_gateway_on, broker, gateways, count):
    server = "memory:" if broker == "memory" else request.getfixturevalue(broker).url
    urls = [start_gateway_on(server).base_url for _ in range(gateways)]
    at_once = asyncio.run(race_all(urls, "ending", count))
    for kind, found in at_once.items():
        assert count * MEANINGFUL < found < count * (1 - MEANINGFUL), f"{kind}: {found} of {count} saw the end at once"
