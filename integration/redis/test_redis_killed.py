"""Two gateways on one Redis that dies again and again: 8 publishers through both, 100 readers on both and moving between them."""

import asyncio
import random
import time

import aiohttp
from client import http
from losing import wait_until_ready
from moving import moving_readers
from process import metric
from servers.redis_sentinel import SentinelSetup

READERS = 100
PUBLISHERS = 8
KILLS = 5
# What is acknowledged between two kills.
BETWEEN = 200
SECONDS = 60


class Race:
    """Publishers that go on until told otherwise; what has no answer or is refused they repeat, through either gateway."""

    def __init__(self, gateways, channel):
        self.urls = [gateway.url(channel) for gateway in gateways]
        self.acknowledged = 0
        self.refused = 0
        self.is_over = False

    async def run(self, disturb):
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as session:
            publishers = [asyncio.create_task(self.publisher(session, number)) for number in range(PUBLISHERS)]
            try:
                await disturb(self)
                await self.passes(lambda: self.acknowledged, BETWEEN)
            finally:
                self.is_over = True
                await asyncio.gather(*publishers)

    async def publisher(self, session, publisher):
        chance = random.Random(publisher)
        number, is_open = 0, False
        while is_open or not self.is_over:
            is_open = True
            headers = {"Idempotency-Key": f"{publisher}-{number}"}
            async with session.post(chance.choice(self.urls), data=text(publisher, number), headers=headers) as answer:
                found = await answer.json()
                if answer.status == 200:
                    number, is_open = number + 1, False
                    self.acknowledged += 1
                else:
                    assert (answer.status, found["code"]) == (503, "unavailable") and "Retry-After" in answer.headers, found
                    self.refused += 1
            await asyncio.sleep(chance.random() * 0.04)

    async def passes(self, count, more):
        """Waits until `count` has grown by so many."""
        goal, deadline = count() + more, time.monotonic() + SECONDS
        while count() < goal:
            assert time.monotonic() < deadline, f"{self.acknowledged} acknowledged, {self.refused} refused, and nothing goes on"
            await asyncio.sleep(0.02)


def text(publisher, number):
    return f"{publisher} {number} {'x' * 100}"


def race(gateways, channel, mode, disturb):
    """What the readers report, all of whom have the last message."""
    with moving_readers(gateways, [channel], READERS, mode) as reports:
        asyncio.run(Race(gateways, channel).run(disturb))
        wait_until_ready(gateways[0])
        last = gateways[0].publish(channel, text(PUBLISHERS, 0), close=1)["offset"]
        seen = reports()
    assert {reader["offset"] for reader in seen} == {last}
    return seen


def test_redis_is_killed_five_times_and_each_reader_sees_every_message_once_in_order(redis, start_gateway, channel):
    async def kill_again_and_again(race):
        for _ in range(KILLS):
            await race.passes(lambda: race.acknowledged, BETWEEN)
            redis.kill()
            await race.passes(lambda: race.refused, PUBLISHERS)
            await asyncio.to_thread(redis.start)

    gateways = [start_gateway(redis.url) for _ in range(2)]
    seen = race(gateways, channel, "strict", kill_again_and_again)
    assert sum(reader["gaps"] for reader in seen) == 0
    assert all(metric(http, gateway, "gaps_total") == 0 for gateway in gateways)


def test_a_sentinel_failover_in_the_middle_loses_nothing_that_is_not_told(start_server, start_gateway, channel):
    sentinels = start_server(SentinelSetup)

    async def fail_over(race):
        await race.passes(lambda: race.acknowledged, BETWEEN)
        primary = sentinels.primary
        primary.kill()
        await race.passes(lambda: race.refused, PUBLISHERS)
        await asyncio.to_thread(sentinels.wait_for_failover, primary)

    race([start_gateway(sentinels.url) for _ in range(2)], channel, "told", fail_over)
