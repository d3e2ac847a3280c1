"""A gateway for readers who take what is compressed, on both kinds of sink: a shard's own epoll, and a NIO channel."""

import itertools

import pytest
from client import PooledGateway

_numbers = itertools.count(1)


@pytest.fixture(scope="session", params=["epoll", "nio"])
def gateway(request, tmp_path_factory):
    log = tmp_path_factory.mktemp(request.param) / "gateway.log"
    gateway = PooledGateway(log, {"hub.sockets": request.param, "heartbeat": "1s"}).start()
    yield gateway
    assert gateway.is_alive()
    gateway.stop()


@pytest.fixture
def channel():
    """A channel that no other test uses."""
    return f"test:{next(_numbers)}"
