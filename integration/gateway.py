"""A real gateway: the built binary, on a free port of the loopback, stopped by pid."""

import os
import random
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("TELLTALE_BIN", ROOT / ".build/release/telltale")).resolve()

START_SECONDS = 20
STOP_SECONDS = 20


# Below the ports that the system gives to outgoing connections (ip_local_port_range): a server comes back on its own.
# Each of the processes that share the tests has every so many-th: it can't know what another has given to a server that is down just now.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PORTS = range(10_000 + _WORKER, 32_000, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1)))
_given = set()


def free_port():
    """A port that nothing listens on, and that was not given before."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port


def environment(settings=None):
    """This process's environment, with the gateway's keys only as given: `{"limits.message_bytes": "1MiB"}`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TELLTALE_")}
    given = {f"TELLTALE_{key.upper().replace('.', '_')}": str(value) for key, value in (settings or {}).items()}
    return inherited | given


def until(condition, seconds, what):
    """Waits for `condition` to hold and returns what it gave; fails with `what` (text, or a function that gives it)."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"after {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.02)
    return found


@contextmanager
def gateways_of(make, folder):
    """Yields what starts a gateway that `make(log, settings, *others)` makes; all are stopped at the end."""
    started = []

    def start(settings=None, *others, waits=True):
        started.append(make(folder / f"gateway-{len(started)}.log", settings or {}, *others))
        return started[-1].start() if waits else started[-1].launch()

    try:
        yield start
    finally:
        for gateway in started:
            gateway.stop()


class Gateway:
    """One gateway process; its log grows over restarts."""

    def __init__(self, log, settings):
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.settings = {"drain": "1s"} | settings
        self.process = None
        self.command = [BINARY, "serve", "--listen", f"127.0.0.1:{self.port}"]

    def launch(self):
        """Begins to start it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=environment(self.settings), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def start(self):
        self.launch()
        until(self.is_alive, START_SECONDS, lambda: f"the gateway does not answer\n{self.log.read_text()}")
        return self

    def is_alive(self):
        if self.process.poll() is not None:
            pytest.fail(f"the gateway ended with {self.process.returncode}\n{self.log.read_text()}")
        try:
            return httpx.get(f"{self.base_url}/healthz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self):
        """As a crash: SIGKILL."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """As an operator: SIGTERM, and the end must be clean."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail(f"the gateway did not stop within {STOP_SECONDS} s\n{self.log.read_text()}")
        assert status == 0, f"the gateway ended with {status}\n{self.log.read_text()}"

    def url(self, channel):
        return f"{self.base_url}/v1/channels/{channel}"

    def publish(self, channel, text, **query):
        answer = httpx.post(self.url(channel), content=text.encode(), params=query)
        answer.raise_for_status()
        return answer.json()
