"""Real Redis servers in four set-ups, and gateways on them."""

import itertools
from contextlib import ExitStack, closing

import pytest
from gateways import gateways
from proxy import Proxy
from servers.redis_cluster import ClusterSetup
from servers.redis_sentinel import SentinelSetup
from servers.redis_server import DURABLE, RedisServer
from servers.redis_tls import TLSSetup

_numbers = itertools.count(1)


@pytest.fixture
def start_gateway(tmp_path):
    """Starts a gateway on a broker's URL; as many as the test wants."""
    with gateways(tmp_path) as start:
        yield start


@pytest.fixture
def start_server(tmp_path):
    """Starts a set-up of these: `RedisServer`, `TLSSetup`, `SentinelSetup`, `ClusterSetup`."""
    with ExitStack() as ends:
        def start(kind=RedisServer, *lines, **access):
            folder = tmp_path / f"{kind.__name__}-{next(_numbers)}"
            server = ends.enter_context(closing(kind(folder, *lines, **access)))
            return server.start()

        yield start


@pytest.fixture
def redis(start_server):
    """One server that keeps what it has acknowledged."""
    return start_server(RedisServer, *DURABLE)


SETUPS = {"single": RedisServer, "tls": TLSSetup, "sentinel": SentinelSetup, "cluster": ClusterSetup}


@pytest.fixture(params=SETUPS.values(), ids=SETUPS)
def setup(request, start_server):
    """Each of the four set-ups, in turn."""
    return start_server(request.param)


@pytest.fixture
def proxy(redis):
    """What stands between a gateway and `redis`."""
    with Proxy(redis) as proxy:
        yield proxy


@pytest.fixture
def channel():
    """A channel that no other test uses."""
    return f"test:{next(_numbers)}"
