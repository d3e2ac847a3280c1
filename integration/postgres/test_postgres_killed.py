"""32 producers in transactions of their own, 50 readers that move between two gateways, and whatever dies meanwhile."""

import asyncio
import time

import pytest
from client import http
from gateway import until
from losing import wait_until_ready
from moving import moving_readers
from scene import log_of
from writers import LEDGER, Writer, text

WRITERS = 32
READERS = 50
CHANNELS = [f"race:{number}" for number in range(10)]
KILLS = 3
# Transactions that are committed between two kills.
BETWEEN = 200
SECONDS = 60


class Race:
    def __init__(self, server):
        self.server = server
        self.writers = [Writer(server, CHANNELS, number) for number in range(WRITERS)]
        self.is_over = False

    async def run(self, disturb):
        running = [asyncio.create_task(writer.run(lambda: self.is_over)) for writer in self.writers]
        try:
            await disturb(self)
            await self.passes(BETWEEN)
        finally:
            self.is_over = True
            await asyncio.gather(*running)
        self.assert_nobody_was_a_victim()

    def assert_nobody_was_a_victim(self):
        assert [wrong for writer in self.writers for wrong in writer.wrong] == []

    async def passes(self, more):
        """Waits until so many more transactions are through."""
        def count():
            return sum(writer.transactions for writer in self.writers)

        goal, deadline = count() + more, time.monotonic() + SECONDS
        while count() < goal:
            self.assert_nobody_was_a_victim()
            assert time.monotonic() < deadline, f"{count()} transactions, and nothing goes on"
            await asyncio.sleep(0.02)


def race(server, gateways, mode, disturb):
    """Every reader has seen all that was committed, once and in order; and that is what the log has."""
    server.query(LEDGER)
    with moving_readers(gateways, CHANNELS, READERS, mode) as reports:
        asyncio.run(Race(server).run(disturb))
        for gateway in gateways:
            wait_until_ready(gateway)
        last = {channel: gateways[0].publish(channel, text(WRITERS, 0), close=1)["offset"] for channel in CHANNELS}
        seen = reports()
    assert [reader for reader in seen if reader["offset"] != last[reader["channel"]] or reader["gaps"]] == []
    for channel in CHANNELS:
        *log, end = [(offset, *map(int, data.split(" ")[:2])) for offset, data in log_of(gateways[1], channel)]
        committed = server.query("SELECT writer, number FROM ledger WHERE channel = %s", channel)
        assert sorted(message[1:] for message in log) == sorted(committed)
        assert end == (len(log) + 1, WRITERS, 0) and [offset for offset, *_ in log] == list(range(1, len(log) + 1))


@pytest.mark.parametrize("publish", ["notify", "relay"])
def test_postgres_is_killed_three_times_and_every_reader_sees_what_was_committed_once_in_order(postgres, start_gateway, publish):
    async def kill_again_and_again(race):
        for _ in range(KILLS):
            await race.passes(BETWEEN)
            await asyncio.to_thread(postgres.kill)
            await asyncio.to_thread(postgres.start)

    gateways = [start_gateway(postgres, {"broker.postgres.publish": publish}) for _ in range(2)]
    race(postgres, gateways, "strict", kill_again_and_again)


def test_the_gateway_that_relays_is_killed_and_the_other_goes_on(postgres, start_gateway):
    """Each in turn, so one of them is the one that relays; and its connections may not even be closed."""
    gateways = [start_gateway(postgres, {"broker.postgres.publish": "relay"}) for _ in range(2)]

    async def kill_each(race):
        for one, other in (gateways, gateways[::-1]):
            await race.passes(BETWEEN)
            one.kill()
            before = top(other)
            await race.passes(BETWEEN)
            await asyncio.to_thread(wait_until_above, other, before)
            await asyncio.to_thread(one.start)

    race(postgres, gateways, "killed", kill_each)


def top(gateway):
    return sum(entry["top"] for entry in http.get(f"{gateway.base_url}/v1/channels", params={"prefix": "race:"}).json()["channels"])


def wait_until_above(gateway, count):
    until(lambda: top(gateway) > count, SECONDS, "nobody relays")
