"""What a delivery costs as the readers of one channel become more, and as the channels that are read do."""

from functools import partial

from case import BUSY, COST, KEPT, P99, RATE, Case, burst, resting, title

TITLE = "Growth"
COLUMNS = (COST, RATE, P99, BUSY, KEPT)
CHART = COST
COMPARED = ("telltale", "bare", "uwebsockets", "nchan")
CHANNEL_RATE = 2_000  # messages a second, each to one reader


def readers_case(readers):
    return f"one channel, {title('WebSocket', readers)}"


def channels_case(channels, readers):
    return f"{channels:,} channel{'s' if channels > 1 else ''}, {title('WebSocket', readers)}"


def cases(bench, peers):
    peers = [peer for peer in peers if peer.name in COMPARED]
    for readers in bench.sizes.growing:
        for peer in peers:
            yield Case(readers_case(readers), peer, partial(
                burst, bench, peer, "WebSocket", readers, *resting(bench, peer.rest_rate, readers)))
    for channels, readers in bench.sizes.shared:
        for peer in peers:
            if peer.shares:
                yield Case(channels_case(channels, readers), peer, partial(
                    burst, bench, peer, "WebSocket", readers, "--channels", channels, *resting(bench, CHANNEL_RATE, 1)))
