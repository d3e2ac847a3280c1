"""Through Redis and through Postgres: how fast, and how long from publish to delivery. Broker and server share a core."""

from functools import partial

from case import BUSY, COST, KEPT, P50, P99, RATE, Case, Column, burst, resting, saturating, title
from servers import ON_BROKERS

TITLE = "Through a broker"
COLUMNS = (Column("messages_per_s", "messages/s", better="more"), RATE, COST, P50, P99, BUSY, KEPT)
CHART = P99
COMPARED = ("flask-socketio", "channels", "channels-pubsub")
RATE_AT_REST = 20  # messages a second, that the slowest can take


def measure(bench, peer, readers, *how):
    figures = burst(bench, peer, "WebSocket", readers, *how)
    return figures | {"messages_per_s": figures["messages"] / figures["wall_s"]}


def cases(bench, peers):
    readers = bench.sizes.readers[0]
    ours = list(ON_BROKERS.values()) if any(peer.name == "telltale" for peer in peers) else []
    for peer in [*ours, *(peer for peer in peers if peer.name in COMPARED)]:
        yield Case(f"{title('WebSocket', readers)}, saturated", peer, partial(
            measure, bench, peer, readers, *saturating(bench, peer)))
        yield Case(f"{title('WebSocket', readers)}, {RATE_AT_REST} messages/s", peer, partial(
            measure, bench, peer, readers, *resting(bench, RATE_AT_REST * readers, readers)))
