"""Gateways that speak TLS, with certificates by an authority of the tests' own."""

import ssl
import subprocess

import httpx
import pytest
from gateway import BINARY, Gateway, environment, gateways_of
from servers.certificates import Authority


class TLSGateway(Gateway):
    """A gateway by TLS; `trust` is what its clients trust."""

    def __init__(self, log, settings, authority):
        super().__init__(log, settings)
        self.base_url = f"https://localhost:{self.port}"
        self.authority = authority
        self.trust = ssl.create_default_context(cafile=authority.certificate)

    def is_alive(self):
        if self.process.poll() is not None:
            pytest.fail(f"the gateway ended with {self.process.returncode}\n{self.log.read_text()}")
        try:
            return httpx.get(f"{self.base_url}/healthz", timeout=2, verify=self.trust).status_code == 200
        except httpx.HTTPError:
            return False

    def client(self, **options):
        """A client that prefers HTTP/2."""
        return httpx.Client(base_url=self.base_url, verify=self.trust, timeout=15, **({"http2": True} | options))

    def publish(self, channel, text, **query):
        with self.client() as client:
            answer = client.post(f"/v1/channels/{channel}", content=text.encode(), params=query)
        answer.raise_for_status()
        return answer.json()

    def curl(self, *arguments):
        """What curl prints: head and body."""
        words = ["curl", "-sSi", "-m", "15", "--cacert", self.authority.certificate, *arguments]
        done = subprocess.run([str(word) for word in words], capture_output=True, timeout=30)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ca")


@pytest.fixture
def certificate(authority):
    """The files of a certificate and its key: a test may change them."""
    return authority.issue("server")


@pytest.fixture
def start_gateway(tmp_path, authority, certificate):
    files = {"listen.tls.certificate": certificate[0], "listen.tls.key": certificate[1]}
    with gateways_of(lambda log, own: TLSGateway(log, files | own, authority), tmp_path) as start:
        yield start


@pytest.fixture
def gateway(start_gateway):
    return start_gateway()


@pytest.fixture
def start_plain(tmp_path):
    """A gateway without TLS."""
    folder = tmp_path / "plain"
    folder.mkdir()
    with gateways_of(Gateway, folder) as start:
        yield start


@pytest.fixture
def check():
    """What `telltale check` says about settings: its status, and both its outputs as one."""

    def run(settings):
        done = subprocess.run([BINARY, "check"], env=environment(settings), capture_output=True, text=True, timeout=15)
        return done.returncode, done.stdout + done.stderr

    return run
