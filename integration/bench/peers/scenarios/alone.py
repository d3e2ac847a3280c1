"""Many channels with one reader each: nothing is shared, so it is publishing and one send that is measured."""

from functools import partial

from case import BUSY, COST, KEPT, P50, P99, RATE, Case, burst, each, resting, saturating

TITLE = "Many channels with one reader each"
COLUMNS = (RATE, COST, P50, P99, BUSY, KEPT)
CHART = COST
REST_RATE = 1_000  # messages a second


def cases(bench, peers):
    count = bench.sizes.alone
    ways = {"saturated": saturating, f"{REST_RATE:,} messages/s": lambda bench, peer: resting(bench, REST_RATE, 1)}
    for way, arguments in ways.items():
        for transport, _, peer in each(peers, [count]):
            if peer.name != "bare":
                yield Case(f"{transport}, {count:,} channels, {way}", peer, partial(
                    burst, bench, peer, transport, count, "--channels", count, *arguments(bench, peer)))
