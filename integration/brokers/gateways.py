"""Gateways on brokers, for the tests of one or of all."""

from contextlib import contextmanager

from client import PooledGateway
from gateway import gateways_of

# A log that holds all that a test publishes: what is missing there was lost.
ROOMY = {"namespaces.default.history.messages": 100_000, "namespaces.default.history.bytes": "256MiB"}


@contextmanager
def gateways(folder):
    """Yields what starts a gateway on a broker's URL, or on a set-up that has one and settings for it."""
    with gateways_of(PooledGateway, folder) as start_with:
        def start(broker, settings=None):
            url, own = (broker, {}) if isinstance(broker, str) else (broker.url, broker.settings)
            return start_with(ROOMY | {"broker.url": url} | own | (settings or {}))

        yield start
