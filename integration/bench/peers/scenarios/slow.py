"""Readers of whom a tenth reads slowly, 5 KB a second of 50 that come: what the others notice, and what becomes of them."""

from functools import partial

from case import BUSY, COST, KEPT, P50, P99, Case, Column, burst, each

TITLE = "Slow readers"
COLUMNS = (P50, P99, COST, Column("kb_per_slow", "KB grown a slow reader", "{:,.1f}"),
           Column("slow_closed", "slow closed"), Column("slow_at_fault", "slow without all"), BUSY, KEPT)
CHART = P99
MESSAGE, RATE = 1_024, 50  # bytes; messages a second


def measure(bench, peer, transport):
    readers, slow = bench.sizes.slow
    figures = burst(bench, peer, transport, readers, "--slow", slow, "--size", MESSAGE, "--rate",
                    min(RATE, peer.rest_rate / readers), "--publishers", 4, "--seconds", 2 * bench.sizes.seconds)
    return figures | {"kb_per_slow": figures["burst_kb"] / slow}


def cases(bench, peers):
    readers, slow = bench.sizes.slow
    for transport, _, peer in each(peers, [readers]):
        if peer.name != "bare":  # the bare loop ends at the first slow reader
            yield Case(f"{transport}, {readers:,} readers, {slow:,} slow", peer, partial(measure, bench, peer, transport))
