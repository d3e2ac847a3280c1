"""What the kernel and the gateway itself know of the gateway, again and again."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from client import http
from process import metric

SAMPLE_SECONDS = 2


@dataclass
class Sample:
    """One look at the process; `seconds` since the soak began, `resident` in MiB."""

    seconds: float
    resident: float
    descriptors: int
    threads: int
    subscriptions: int


class Watch(threading.Thread):
    """Looks every few seconds until it is told to stop."""

    def __init__(self, gateway):
        super().__init__(daemon=True)
        self.gateway = gateway
        self.begin = time.monotonic()
        self.samples = [self.look()]
        self._ended = threading.Event()

    def look(self):
        process = Path(f"/proc/{self.gateway.process.pid}")
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        return Sample(
            time.monotonic() - self.begin, int(status["VmRSS"].split()[0]) / 1024, len(list((process / "fd").iterdir())),
            int(status["Threads"]), int(metric(http, self.gateway, "subscriptions")))

    def run(self):
        while not self._ended.wait(SAMPLE_SECONDS):
            self.samples.append(self.look())

    def stop(self):
        self._ended.set()
        self.join()

    def resident(self, first, last):
        """The mean of the memory from one second to another, in MiB."""
        found = [sample.resident for sample in self.samples if first <= sample.seconds <= last]
        return sum(found) / len(found)
