"""Gateways that are to keep someone out, and those who try to get in."""

import itertools

import pytest
from client import PooledGateway
from gateway import gateways_of

_numbers = itertools.count(1)


@pytest.fixture
def start_gateway(tmp_path):
    with gateways_of(PooledGateway, tmp_path) as start:
        yield start


@pytest.fixture
def channel():
    """A channel that no other test uses."""
    return f"test:{next(_numbers)}"
