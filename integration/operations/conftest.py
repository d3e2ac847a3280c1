"""What the tests of operating share: gateways with a configuration file, and what they say."""

import json

import pytest
from gateway import Gateway, gateways_of, until
from servers.redis_server import RedisServer


class FileGateway(Gateway):
    """A gateway whose settings stand in a file that can be changed while it runs."""

    def __init__(self, log, settings, content):
        self.file = log.with_suffix(".json")
        super().__init__(log, settings | {"config": self.file})
        # The variable would win over the file.
        del self.settings["drain"]
        self.write(content)

    def write(self, content):
        """Replaces the file in one step, as editors and deployments do."""
        new = self.file.with_suffix(".new")
        new.write_text(content if isinstance(content, str) else json.dumps(content))
        new.replace(self.file)

    def says(self, text, count=1):
        until(lambda: self.log.read_text().count(text) >= count, 15,
              lambda: f"{text!r} is not said\n{self.log.read_text()}")


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
