"""Starting and stopping what is measured, and one run of the generator against it."""

import contextlib
import http.client
import json
import os
import string
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from measure import BUILD, MESSAGE_BYTES, Broken, await_start, stop
from postgres_measure import PostgresBench
from redis_measure import RedisBench

OUTPUT = BUILD.parent / "bench-peers"
PYTHON = OUTPUT / "venv/bin/python"  # with the peers that are Python packages
LOST = 3  # the generator's exit status when a reader did not get what it should have
PATIENCE_SECONDS, TIMEOUT_SECONDS = 10, 120  # what is not there by then has been lost by the server
OPENING_SECONDS = 300  # for all readers of a run to be let in
AT_ONCE = 64  # readers that ask at the same time


@dataclass(frozen=True)
class Running:
    """A started peer: every process that serves (its broker's too), and where it listens."""
    pids: list
    port: int
    publish_port: int = 0  # 0: the same


def children(pid):
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            yield from map(int, (task / "children").read_text().split())


def family(pid):
    """The process and all that it has started."""
    return [pid, *(relative for child in children(pid) for relative in family(child))]


def stop_all(process):
    """Stops a process, and those of its own that outlive it."""
    pids = family(process.pid)
    stop(process)
    for pid in pids[1:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 9)


class PeersBench(RedisBench, PostgresBench):
    """Servers on one core, whatever processes they are made of, and the generator on another."""

    def __init__(self, binary, server_core, generator_core, sizes):
        super().__init__(binary, server_core, generator_core, sizes.many)
        self.sizes = sizes

    @contextlib.contextmanager
    def process(self, name, command, port, is_up, folder=None, core=None, **environment):
        log = OUTPUT / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["taskset", "-c", core or self.server_core, *map(str, command)], cwd=folder, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, env=self.environment | environment)
        try:
            await_start(process, is_up, port, log)
            yield process.pid
        finally:
            stop_all(process)

    def generator(self, running, arguments, readers):
        """The generator's figures for one run. Losses are among them; only what makes them void is an error."""
        command = [
            "taskset", "-c", self.generator_core, BUILD / "fanout", "--port", running.port, "--pub-port",
            running.publish_port or running.port, "--pids", ",".join(map(str, running.pids)), "--conns", readers,
            "--opening", AT_ONCE, "--timeout", TIMEOUT_SECONDS, "--patience", PATIENCE_SECONDS]
        if "--size" not in arguments:
            command += ["--size", MESSAGE_BYTES]
        try:
            run = subprocess.run([str(part) for part in [*command, *arguments]], stdin=subprocess.DEVNULL,
                                 capture_output=True, text=True, timeout=OPENING_SECONDS + 2 * TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            raise Broken("the generator has not come to an end") from None
        if run.returncode not in (0, LOST):
            raise Broken(f"{run.stderr.strip()[-600:]} {run.stdout.strip()}")
        return json.loads(run.stdout)


def answers(path, status):
    """What tells that a server is up whose port is open before it can serve."""
    def is_up(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        with contextlib.closing(connection):
            connection.request("GET", path)
            return connection.getresponse().status == status
    return is_up


def write_settings(template, into, **values):
    """A configuration file of a peer's with `$name` in it, into the folder where the peer runs."""
    file = Path(into) / template.name
    file.write_text(string.Template(template.read_text()).substitute(values))
    return file


def working_folder():
    return tempfile.TemporaryDirectory(prefix="telltale-bench-", ignore_cleanup_errors=True)
