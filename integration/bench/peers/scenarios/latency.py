"""From publish to delivery at half of nchan's saturation: the same messages a second to each peer."""

from functools import cache, partial

from case import BUSY, COST, KEPT, P50, P99, RATE, Case, burst, each, resting, saturating, title
from servers import PEERS

TITLE = "Latency at half of nchan's saturation"
COLUMNS = (P50, P99, RATE, COST, BUSY, KEPT)
CHART = P99
COMPARED = ("telltale", "bare", "uwebsockets", "nchan")


@cache
def half_of_nchan(bench, transport, readers):
    nchan = PEERS["nchan"]
    return burst(bench, nchan, transport, readers, *saturating(bench, nchan))["deliveries_per_s"] / 2


def measure(bench, peer, transport, readers):
    return burst(bench, peer, transport, readers, *resting(bench, half_of_nchan(bench, transport, readers), readers))


def cases(bench, peers):
    for transport, readers, peer in each([peer for peer in peers if peer.name in COMPARED], [bench.sizes.few]):
        yield Case(title(transport, readers), peer, partial(measure, bench, peer, transport, readers))
