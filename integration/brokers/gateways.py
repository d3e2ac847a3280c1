"""Gateways on brokers, for the tests of one or of all."""

from contextlib import contextmanager

from client import PooledGateway

# A log that holds all that a test publishes: what is missing there was lost.
ROOMY = {"namespaces.default.history.messages": 100_000, "namespaces.default.history.bytes": "256MiB"}


@contextmanager
def gateways(folder):
    """Yields what starts a gateway on a broker's URL, or on a set-up that has one and settings for it."""
    started = []

    def start(broker, settings=None):
        url, own = (broker, {}) if isinstance(broker, str) else (broker.url, broker.settings)
        log = folder / f"gateway-{len(started)}.log"
        gateway = PooledGateway(log, ROOMY | {"broker.url": url} | own | (settings or {}))
        started.append(gateway)
        return gateway.start()

    yield start
    for gateway in started:
        gateway.stop()
