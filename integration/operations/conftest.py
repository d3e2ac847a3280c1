"""What the tests of operating share: gateways with a configuration file, and a Redis."""

import pytest
from file_gateway import FileGateway
from gateway import gateways_of
from servers.redis_server import RedisServer


@pytest.fixture
def configured(tmp_path):
    """Starts a gateway with this configuration file, and `waits` until it is there."""
    with gateways_of(FileGateway, tmp_path) as start:
        yield lambda content, settings=None, waits=True: start(settings, content, waits=waits)


@pytest.fixture
def redis(tmp_path):
    server = RedisServer(tmp_path / "redis").start()
    yield server
    server.close()
