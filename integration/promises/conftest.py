"""Promises that show only with many readers, much data, or much time."""

import pytest
from client import PooledGateway
from gateway import gateways_of


@pytest.fixture(params=["epoll", "nio"])
def sockets(request):
    return request.param


@pytest.fixture
def start_gateway(tmp_path):
    with gateways_of(PooledGateway, tmp_path) as start:
        yield start
