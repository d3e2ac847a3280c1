"""One measurement: its name, whom it is of, and how it is made."""

from collections.abc import Callable
from dataclasses import dataclass

from peer import Peer

PUBLISHERS = 16


@dataclass(frozen=True)
class Case:
    name: str
    peer: Peer
    run: Callable[[], dict]  # one round's figures


@dataclass(frozen=True)
class Column:
    """A figure in a scenario's table."""
    key: str
    title: str
    form: str = "{:,.0f}"
    better: str = "less"  # or "more"


RATE = Column("deliveries_per_s", "deliveries/s", better="more")
COST = Column("server_us_per_delivery", "CPU µs a delivery", "{:.3f}")
P50, P99 = Column("p50_us", "p50 µs"), Column("p99_us", "p99 µs")
BATCH = Column("deliveries_per_read", "deliveries a read", "{:.1f}")
BUSY = Column("generator_busy", "generator busy", "{:.0%}")
KEPT = Column("kept", "delivered", "{:.2%}", better="more")


def burst(bench, peer, transport, readers, *more):
    """A started peer, readers of it, and what the generator says of publishing to them."""
    with peer.serve(bench) as running:
        figures = bench.generator(running, [*peer.arguments(transport), *more], readers)
    return figures | {"kept": figures["delivered"] / figures["expected"] if figures["expected"] else 1}


def saturating(bench, peer):
    return ["--publishers", PUBLISHERS, "--window", peer.window, "--seconds", bench.sizes.seconds]


def resting(bench, deliveries, readers):
    """So many deliveries a second, in messages one by one."""
    return ["--rate", deliveries / readers, "--publishers", 4, "--seconds", bench.sizes.seconds]


def title(transport, readers):
    return f"{transport}, {readers:,} reader{'s' if readers > 1 else ''}"


def each(peers, counts):
    """Transports, numbers of readers and the peers that can have them, those of one comparison side by side."""
    for transport in ("WebSocket", "SSE"):
        for readers in counts:
            for peer in peers:
                if transport in peer.transports and readers <= peer.readers_most:
                    yield transport, readers, peer
