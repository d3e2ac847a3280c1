"""Bad input: what it gets, and that nobody else notices."""

import itertools

import pytest
from client import PooledGateway, http
from httpx_sse import EventSource

_numbers = itertools.count(1)

# Short enough that a test can wait for them.
SETTINGS = {"timeouts.header": "2s", "timeouts.body": "2s", "timeouts.idle": "2s", "limits.message_bytes": "4KiB"}


@pytest.fixture(scope="session")
def shared_gateway(tmp_path_factory):
    gateway = PooledGateway(tmp_path_factory.mktemp("badinput") / "gateway.log", SETTINGS).start()
    yield gateway
    assert gateway.is_alive()
    gateway.stop()


@pytest.fixture
def channel():
    return f"test:{next(_numbers)}"


@pytest.fixture
def gateway(shared_gateway):
    """The gateway, with a reader that must notice nothing of what the test does."""
    witness = f"witness:{next(_numbers)}"
    with http.stream("GET", shared_gateway.url(witness), headers={"Accept": "text/event-stream"}) as response:
        events = (event for event in EventSource(response).iter_sse() if event.data)
        assert next(events).event == "stream-open"
        yield shared_gateway
        assert shared_gateway.process.poll() is None, shared_gateway.log.read_text()
        shared_gateway.publish(witness, "all is well")
        assert next(events).data == "all is well"


@pytest.fixture
def is_untouched(gateway, channel):
    """Whether nothing was published."""
    return lambda: http.get(gateway.url(channel)).json()["top"] == 0
