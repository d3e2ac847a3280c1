"""Real PostgreSQL servers in four set-ups, and gateways on them."""

import itertools
from contextlib import ExitStack, closing

import pytest
from gateways import gateways
from proxy import Proxy
from servers.pgbouncer import PooledSetup
from servers.postgres_replica import PromotedSetup
from servers.postgres_server import PostgresServer
from servers.postgres_tls import TLSSetup

_numbers = itertools.count(1)


@pytest.fixture
def start_gateway(tmp_path):
    """As many as the test wants."""
    with gateways(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A server with a gateway for all tests of a module that harm neither: one for each settings that are asked for."""
    pairs = {}
    with gateways(tmp_path_factory.mktemp("shared")) as start_gateway:
        def get(**settings):
            key = tuple(settings.items())
            if key not in pairs:
                server = PostgresServer()
                pairs[key] = server, start_gateway(server.start(), settings)
            return pairs[key]

        yield get
    for server, _ in pairs.values():
        server.close()


@pytest.fixture
def start_server():
    """Starts a set-up of these: `PostgresServer`, `TLSSetup`, `PooledSetup`, `ReplicaSetup`, `PromotedSetup`."""
    with ExitStack() as ends:
        def start(kind=PostgresServer, *lines, **options):
            server = ends.enter_context(closing(kind(*lines, **options)))
            return server.start()

        yield start


@pytest.fixture
def postgres(start_server):
    return start_server()


SETUPS = {"alone": PostgresServer, "tls": TLSSetup, "pooled": PooledSetup, "promoted": PromotedSetup}


@pytest.fixture(params=SETUPS.values(), ids=SETUPS)
def setup(request, start_server):
    """Each of the four set-ups, in turn."""
    return start_server(request.param)


@pytest.fixture
def paths(postgres):
    """What stands between a gateway and `postgres`: one way for queries, one for LISTEN."""
    with Proxy(postgres) as queries, Proxy(postgres) as listening:
        yield Paths(queries, listening)


class Paths:
    def __init__(self, queries, listening):
        self.queries, self.listening = queries, listening

    @property
    def both(self):
        return [self.queries, self.listening]

    @property
    def url(self):
        return self._url(self.queries)

    @property
    def settings(self):
        return {"broker.postgres.listen_url": self._url(self.listening)}

    @staticmethod
    def _url(proxy):
        return f"postgres://postgres@127.0.0.1:{proxy.port}/postgres"


@pytest.fixture
def channel():
    """A channel that no other test uses."""
    return f"test:{next(_numbers)}"
