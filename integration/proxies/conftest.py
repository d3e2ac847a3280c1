"""Real reverse proxies, from the files in deploy/, in front of two real gateways on one real broker."""

import itertools

import pytest
from proxies.site import FRONTS, site

_numbers = itertools.count(1)


@pytest.fixture(scope="package", params=list(FRONTS))
def shared_site(request, tmp_path_factory):
    """For tests that leave it as it is."""
    with site(tmp_path_factory.mktemp("site") / request.param, request.param) as found:
        yield found


@pytest.fixture
def front(shared_site):
    return shared_site.front


@pytest.fixture
def channel():
    """A channel that no other test uses."""
    return f"test:{next(_numbers)}"
