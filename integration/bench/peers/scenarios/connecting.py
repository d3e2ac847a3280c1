"""How many readers a second are let in, each with a backlog of 100 messages; and without one, for peers that keep no log."""

from functools import partial

from case import Case, Column, each, title
from log import publish
from peer import ALL, NEW

TITLE = "Connection rate"
COLUMNS = (Column("connects_per_s", "connections/s", better="more"), Column("server_us_per_connect", "CPU µs a connection"),
           Column("opening_busy", "generator busy", "{:.0%}"))
CHART = COLUMNS[0]
BACKLOG = 100


def connect(bench, peer, transport, readers, backlog):
    with peer.serve(bench) as running:
        published = list(publish(running.publish_port or running.port, peer.publishing(transport), backlog))
        asked = peer.arguments(transport, ALL if backlog else NEW)
        figures = bench.generator(running, [*asked, "--backlog", len(published), "--messages", 0], readers)
    return figures | {"connects_per_s": readers / figures["connect_s"]}


def cases(bench, peers):
    for backlog in (BACKLOG, 0):
        for transport, readers, peer in each(peers, bench.sizes.readers[1:]):
            if peer.has_log or not backlog:
                yield Case(f"{title(transport, readers)}, backlog {backlog}", peer, partial(
                    connect, bench, peer, transport, readers, backlog))
