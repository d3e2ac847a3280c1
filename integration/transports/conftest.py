"""Every promise of a transport is kept by both kinds of sink: a shard's own epoll, and a NIO channel."""

import itertools

import pytest
from client import PooledGateway
from gateway import gateways_of

_numbers = itertools.count(1)


@pytest.fixture(scope="session", params=["epoll", "nio"])
def sockets(request):
    return request.param


@pytest.fixture(scope="session")
def shared_gateway(sockets, tmp_path_factory):
    """One gateway for all tests that need no settings of their own; it must still be well at the end."""
    gateway = PooledGateway(tmp_path_factory.mktemp(sockets) / "gateway.log", {"hub.sockets": sockets}).start()
    yield gateway
    assert gateway.is_alive()
    gateway.stop()


@pytest.fixture
def gateway(shared_gateway):
    assert shared_gateway.process.poll() is None, shared_gateway.log.read_text()
    return shared_gateway


@pytest.fixture
def start_gateway(tmp_path, sockets):
    """A gateway with settings of the test's own."""
    with gateways_of(lambda log, own: PooledGateway(log, {"hub.sockets": sockets} | own), tmp_path) as start:
        yield start


@pytest.fixture
def channel():
    """A channel that no other test uses."""
    return f"test:{next(_numbers)}"
