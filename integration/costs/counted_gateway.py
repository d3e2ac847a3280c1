"""A gateway under callgrind, on one core: one shard and one event loop, whose instructions are counted and not timed."""

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

from costs.cost import lowest, read_callgrind
from gateway import BINARY, Gateway, until

PHASES = 4  # each cost is the lowest of so many
START_SECONDS, REST_SECONDS = 120, 60
# Nothing happens by itself, one address may have all readers, and a log is soon as full as it will be.
SETTINGS = {
    "heartbeat": "1d", "websocket.ping": "12h", "websocket.silence": "1d", "timeouts.idle": "1d",
    "limits.connections_per_address": 0, "namespaces.default.history.messages": 100,
}


class CountedGateway(Gateway):
    def __init__(self, folder):
        super().__init__(folder / "gateway.log", SETTINGS)
        self.dumps, self.dumped = folder / "callgrind.out", 0
        _, *arguments = self.command
        self.command = [
            # The seed of hashes would be another in each process.
            "env", "SWIFT_DETERMINISTIC_HASHING=1", f"LD_PRELOAD={_build_preload(folder)}",
            "taskset", "-c", str(max(os.sched_getaffinity(0))),
            "valgrind", "--tool=callgrind", f"--callgrind-out-file={self.dumps}", "--collect-systime=yes",
            "--dump-line=no", "--fair-sched=yes", _without_debug_information(folder), *arguments]

    def start(self):
        self.launch()
        until(self.is_alive, START_SECONDS, lambda: f"the gateway does not answer\n{self.log.read_text()}")
        return self

    def cost(self, work):
        """What `work` costs when it has been done before."""
        work()
        self._dump().unlink()
        return lowest([self._phase(work) for _ in range(PHASES)])

    def _phase(self, work):
        work()
        dump = self._dump()
        with dump.open() as lines:
            cost = read_callgrind(lines)
        dump.unlink()
        return cost

    def _dump(self):
        """A file of all that was counted since the last."""
        self._rest()
        subprocess.run(["vgdb", "--max-invoke-ms=1", f"--pid={self.process.pid}", "dump"], check=True, capture_output=True)
        self.dumped += 1
        return self.dumps.with_name(f"{self.dumps.name}.{self.dumped}")

    def _rest(self):
        """Waits until every thread sleeps, and none has run since the last look."""
        looks = [None]

        def rests():
            looks.append(self._sleeps())
            return looks[-1] is not None and looks[-1] == looks[-2]

        until(rests, REST_SECONDS, "the gateway does not come to rest")

    def _sleeps(self):
        """How often each thread has gone to sleep; `None` while one is awake."""
        threads = [dict(line.split(":\t", 1) for line in status.read_text().splitlines())
                   for status in Path(f"/proc/{self.process.pid}/task").glob("*/status")]
        if all(thread["State"].startswith("S") for thread in threads):
            return {thread["Pid"]: thread["voluntary_ctxt_switches"] for thread in threads}
        return None


@contextmanager
def counted_gateway(folder):
    gateway = CountedGateway(folder)
    try:
        yield gateway.start()
    finally:
        gateway.stop()


def _build_preload(folder):
    library, source = folder / "sigsuspend.so", Path(__file__).with_name("sigsuspend.c")
    subprocess.run([os.environ.get("CC", "gcc"), "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
    return library


def _without_debug_information(folder):
    """The very code that ships: valgrind (3.19) dies of the compiler's debug information."""
    copy = folder / "telltale"
    subprocess.run(["objcopy", "--strip-debug", BINARY, copy], check=True)
    return copy
