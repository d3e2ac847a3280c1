"""One channel, N readers, and messages one by one, so that nothing can be gathered: 40,000 deliveries a second, or what
leaves a slower peer at rest."""

from functools import partial

from case import BUSY, COST, KEPT, P50, P99, RATE, Case, burst, each, resting, title

TITLE = "At rest, messages one by one"
COLUMNS = (COST, RATE, P50, P99, BUSY, KEPT)
CHART = COST


def cases(bench, peers):
    for transport, readers, peer in each(peers, bench.sizes.readers):
        yield Case(title(transport, readers), peer, partial(
            burst, bench, peer, transport, readers, *resting(bench, peer.rest_rate, readers)))
