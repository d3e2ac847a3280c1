"""One channel, N readers, and 16 publishers that publish as fast as they are let."""

from functools import partial

from case import BATCH, BUSY, COST, KEPT, P99, RATE, Case, burst, each, saturating, title

TITLE = "Saturated by 16 publishers"
COLUMNS = (RATE, COST, BATCH, P99, BUSY, KEPT)
CHART = RATE


def cases(bench, peers):
    for transport, readers, peer in each(peers, bench.sizes.readers):
        yield Case(title(transport, readers), peer, partial(
            burst, bench, peer, transport, readers, *saturating(bench, peer)))
