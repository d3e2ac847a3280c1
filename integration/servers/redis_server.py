"""A real redis-server (or redis-sentinel) in a folder of its own, on a free port of the loopback, ended by pid."""

import signal
import subprocess

import pytest
import redis
from gateway import free_port, until

START_SECONDS = 20
# What a test must be able to do to a server of its own, whatever else it is.
COMMON = ["bind 127.0.0.1", "daemonize no", 'save ""', "enable-debug-command local", "repl-diskless-sync-delay 0"]
# Every answer is on the disk before it is given: a killed server has lost nothing that was acknowledged.
DURABLE = ["appendonly yes", "appendfsync always"]


class RedisServer:
    """One server process; its port, folder and data stay over restarts."""

    program = "redis-server"

    def __init__(self, folder, *lines, common=COMMON, **access):
        folder.mkdir(parents=True)
        self.folder = folder
        self.port = free_port()
        self.log = folder / "server.log"
        # What an administrator's client needs to get in.
        self.access = access
        port = "tls-port" if access.get("ssl") else "port"
        closed = ["port 0"] if access.get("ssl") else []
        self._configuration = folder / "server.conf"
        self._configuration.write_text("\n".join([*closed, f"{port} {self.port}", f"dir {folder}", *common, *lines]) + "\n")
        self.process = None
        self.client = redis.Redis(port=self.port, decode_responses=True, protocol=2, socket_timeout=5, **access)
        # For what is no text.
        self.binary = redis.Redis(port=self.port, protocol=2, socket_timeout=5, **access)

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, self._configuration], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        until(self.is_alive, START_SECONDS, lambda: f"{self.program} does not answer\n{self.log.read_text()}")
        return self

    def is_alive(self):
        if self.process.poll() is not None:
            pytest.fail(f"{self.program} ended with {self.process.returncode}\n{self.log.read_text()}")
        try:
            return self.client.ping()
        except (redis.ConnectionError, redis.TimeoutError):
            return False

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """As a crash: SIGKILL."""
        if self.is_running:
            self.process.kill()
            self.process.wait()

    def pause(self):
        """Takes everything and answers nothing, until `resume`."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.client.close()
        self.binary.close()
        self.kill()

    def cli(self, *words, **options):
        """What `redis-cli` prints."""
        return subprocess.run(
            ["redis-cli", "-p", str(self.port), *words], capture_output=True, text=True, timeout=30, **options).stdout

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    @property
    def primaries(self):
        """The servers that take writes; elsewhere there are more."""
        return [self]


def in_step(primary, replica):
    """Whether the replica has all that the primary has."""
    own, other = primary.client.info("replication"), replica.client.info("replication")
    return other.get("master_link_status") == "up" and own["master_repl_offset"] == other["slave_repl_offset"]
