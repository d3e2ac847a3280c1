"""Two channels that ought to look the same to every reader."""

from client import http

# What differs by itself.
OWN = {"channel", "epoch", "next", "time", "id"}


def seen(gateway, channel):
    """All that a reader may see of it, without what is its own."""
    return without_own(http.get(gateway.url(channel), params={"limit": 1000}).json())


def without_own(value):
    if isinstance(value, dict):
        return {name: without_own(inner) for name, inner in value.items() if name not in OWN}
    return [without_own(inner) for inner in value] if isinstance(value, list) else value
