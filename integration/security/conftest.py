"""Gateways that are to keep someone out, and those who try to get in."""

import itertools

import pytest
from client import PooledGateway
from file_gateway import FileGateway
from gateway import gateways_of

_numbers = itertools.count(1)


@pytest.fixture
def start_gateway(tmp_path):
    with gateways_of(PooledGateway, tmp_path) as start:
        yield start


@pytest.fixture
def configured(tmp_path):
    """Starts a gateway with this configuration file."""
    with gateways_of(FileGateway, tmp_path) as start:
        yield lambda content, settings=None: start(settings, content)


@pytest.fixture
def channel():
    """A channel that no other test uses."""
    return f"test:{next(_numbers)}"
