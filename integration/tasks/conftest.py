"""Tasks on gateways, on every broker."""

import itertools

import pytest
from gateways import gateways
from servers.postgres_server import PostgresServer
from servers.redis_server import RedisServer

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def start_gateway_on(tmp_path_factory):
    """Starts a gateway on a broker's URL, or on a server; as many as the module wants."""
    with gateways(tmp_path_factory.mktemp("gateways")) as start:
        yield start


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("redis") / "server")
    yield server.start()
    server.close()


@pytest.fixture(scope="module")
def postgres():
    server = PostgresServer()
    yield server.start()
    server.close()


@pytest.fixture
def task_id():
    """A task that no other test uses."""
    return f"test-{next(_numbers)}"
