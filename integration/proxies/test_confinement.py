"""The gateway does nothing that its unit forbids: every system call of a working gateway, held against deploy/telltale.service.

The tests have no systemd that runs, so the filter is read from the unit, and the calls from strace.
"""

import os
import re
import signal
import subprocess

import httpx
import pytest
from gateway import BINARY, ROOT, Gateway, until
from servers.redis_server import DURABLE, RedisServer
from transports.readers import FOLLOW

UNIT = (ROOT / "deploy/telltale.service").read_text()


class TracedGateway(Gateway):
    """A gateway whose system calls are written to `calls`."""

    def start(self):
        super().start()
        self.calls = self.log.with_suffix(".calls")
        self.tracer = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", self.calls, "-p", str(self.process.pid)], stderr=subprocess.DEVNULL)
        until(lambda: self.calls.exists() and self.calls.stat().st_size, 15, "strace sees nothing")
        return self


def started_under_strace(calls):
    """The calls of a start, which a tracer that comes later does not see."""
    subprocess.run(
        ["strace", "-f", "-qq", "-o", calls, BINARY, "serve", "--listen", "127.0.0.1:0"],
        timeout=60, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=os.environ | {"TELLTALE_BROKER_URL": "redis://127.0.0.1:1"})


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """What strace wrote of a start, of readers by both transports, a publication, an outage of the broker and a shutdown."""
    folder = tmp_path_factory.mktemp("traced")
    redis = RedisServer(folder / "redis", *DURABLE).start()
    gateway = TracedGateway(folder / "gateway.log", {"broker.url": redis.url}).start()
    try:
        for follow in FOLLOW.values():
            with follow(gateway, "traced") as items:
                next(items)
                gateway.publish("traced", "hello")
                while next(items).kind != "message":
                    pass
        redis.kill()
        redis.start()
        until(lambda: httpx.get(f"{gateway.base_url}/readyz").status_code == 200, 30, "the broker does not come back")
        gateway.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait(20) == 0
        gateway.tracer.wait(10)
        started_under_strace(folder / "start.calls")
        return gateway.calls.read_text() + (folder / "start.calls").read_text()
    finally:
        gateway.stop()
        redis.close()


def named(word):
    """The system calls of a name: itself, or what systemd says is in the group and in the groups in it."""
    if not word.startswith("@"):
        return {word}
    listed = subprocess.run(
        ["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True, timeout=30).stdout
    return set().union(*(named(part) for part in re.findall(r"^ +([@\w-]+)$", listed, re.M)))


def allowed():
    filters = re.findall(r"^SystemCallFilter=(~?)(.+)$", UNIT, re.M)
    found = set()
    for denies, names in filters:
        these = set().union(*(named(name) for name in names.split()))
        found = found - these if denies else found | these
    return found


def test_every_system_call_passes_the_filter(calls):
    made = set(re.findall(r"^\d+ +(\w+)\(", calls, re.M))
    assert {"accept4", "epoll_ctl", "execve", "mmap", "socket"} <= made, "strace saw little"
    assert made - allowed() == set()


def test_every_socket_is_of_an_allowed_family(calls):
    families = re.search(r"^RestrictAddressFamilies=(.+)$", UNIT, re.M)[1].split()
    # Without netlink getaddrinfo takes it that there are addresses of both kinds.
    assert set(re.findall(r"socket\((\w+)", calls)) - {"AF_NETLINK"} <= set(families)


def test_no_memory_is_both_written_and_run(calls):
    assert not [line for line in calls.splitlines() if "PROT_WRITE" in line and "PROT_EXEC" in line]
