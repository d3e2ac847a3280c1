"""Promises that show only with many readers, much data, or much time."""

import pytest
from client import PooledGateway


@pytest.fixture(params=["epoll", "nio"])
def sockets(request):
    return request.param


@pytest.fixture
def start_gateway(tmp_path):
    started = []

    def start(settings):
        gateway = PooledGateway(tmp_path / f"gateway-{len(started)}.log", settings)
        started.append(gateway)
        return gateway.start()

    yield start
    for gateway in started:
        gateway.stop()
