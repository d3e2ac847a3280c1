"""A real reverse proxy in front of gateways, run from the very file in deploy/ with ports and paths put in."""

import socket
import subprocess

import pytest
from gateway import ROOT, free_port, until

DEPLOY = ROOT / "deploy"
START_SECONDS = 20
STOP_SECONDS = 10


class Front:
    """One proxy process in a folder of its own, on a free port of the loopback, ended by pid.

    `name` is its configuration in deploy/, `replaced` what is replaced in it. Each text has to be there, so that a
    change of the file is a change of the tests.
    """

    name = ""

    def __init__(self, folder, gateways):
        folder.mkdir(parents=True)
        self.folder = folder
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "proxy.log"
        self.process = None
        ports = {f"127.0.0.1:{8081 + index}": f"127.0.0.1:{gateway.port}" for index, gateway in enumerate(gateways)}
        text = (DEPLOY / self.name).read_text()
        for found, instead in (ports | self.replaced()).items():
            assert found in text, f"{self.name} has no {found}"
            text = text.replace(found, instead)
        self.configuration = folder / self.name
        self.configuration.write_text(text)

    def replaced(self):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                env={"HOME": str(self.folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        until(self.is_listening, START_SECONDS, lambda: f"{self.name} does not listen\n{self.log.read_text()}")
        return self

    def is_listening(self):
        if self.process.poll() is not None:
            pytest.fail(f"{self.name} ended with {self.process.returncode}\n{self.log.read_text()}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def url(self, channel):
        return f"{self.base_url}/v1/channels/{channel}"
