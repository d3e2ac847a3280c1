"""From publish to delivery at half of nchan's saturation: the same messages a second to each peer, evenly and at random times."""

from functools import cache, partial

from case import BUSY, COST, KEPT, P50, P99, RATE, Case, burst, each, resting, saturating, title
from servers import PEERS

TITLE = "Latency at half of nchan's saturation"
COLUMNS = (P50, P99, RATE, COST, BUSY, KEPT)
CHART = P99
COMPARED = ("telltale", "bare", "uwebsockets", "nchan")
EVENLY, AT_RANDOM = "evenly", "at random times"
PUBLISHERS_AT_RANDOM = 64  # so many that one is free whenever a message is due


def named(transport, readers, times):
    return f"{title(transport, readers)}, {times}"


def half_of_nchan(bench, transport, readers):
    nchan = PEERS["nchan"]
    return burst(bench, nchan, transport, readers, *saturating(bench, nchan))["deliveries_per_s"] / 2


def measure(bench, peer, transport, readers, times, rate):
    """At random, messages come close together now and then, which takes a while to be seen often enough."""
    paced = resting(bench, rate(bench, transport, readers), readers)
    if times == AT_RANDOM:
        paced += ["--random", "--publishers", PUBLISHERS_AT_RANDOM, "--seconds", 3 * bench.sizes.seconds]
    return burst(bench, peer, transport, readers, *paced)


def cases(bench, peers):
    rate = cache(half_of_nchan)  # measured once a round
    compared = [peer for peer in peers if peer.name in COMPARED]
    for times in (EVENLY, AT_RANDOM):
        for transport, readers, peer in each(compared, [bench.sizes.few]):
            name = named(transport, readers, times)
            yield Case(name, peer, partial(measure, bench, peer, transport, readers, times, rate))
