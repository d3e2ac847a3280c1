"""What every test here may ask for: real gateways, and the command line against them."""

import subprocess

import pytest
from chromium import browser
from gateway import BINARY, Gateway, environment, gateways_of


@pytest.fixture
def start_gateway(tmp_path):
    """Starts a gateway with these settings; as many as the test wants."""
    if not BINARY.exists():
        pytest.fail(f"there is no {BINARY}: build it, or name another in TELLTALE_BIN")
    with gateways_of(Gateway, tmp_path) as start:
        yield start


@pytest.fixture
def gateway(start_gateway):
    return start_gateway()


# One a module, not a session: as long as it lives, so does its event loop, and the tests of other folders run their own.
@pytest.fixture(scope="module")
def chromium():
    with browser() as chromium:
        yield chromium


@pytest.fixture
def telltale():
    """Starts the command line against a gateway; standard output and error come as one, in the order of writing."""
    running = []

    def run(gateway, *arguments, **options):
        process = subprocess.Popen(
            [BINARY, *map(str, arguments)], env=environment({"gateway": gateway.base_url}),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
        running.append(process)
        return process

    yield run
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()
