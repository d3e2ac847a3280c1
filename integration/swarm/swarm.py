"""Thousands of readers in several processes, since one may open only so many files and has only one core."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from gateway import until

INTEGRATION = Path(__file__).resolve().parents[1]


@dataclass
class Report:
    """What all readers have seen together; `returns` are the moments at which one came back, by the monotonic clock."""

    open: int = 0
    messages: int = 0
    wrongs: int = 0
    visits: int = 0
    samples: list = field(default_factory=list)
    returns: list = field(default_factory=list)
    failures: Counter = field(default_factory=Counter)
    reached: dict = field(default_factory=dict)

    def add(self, part):
        for name in ("open", "messages", "wrongs", "visits", "samples", "returns"):
            setattr(self, name, getattr(self, name) + part[name])
        self.failures.update(part["failures"])
        for channel, offset in part["reached"].items():
            self.reached[channel] = min(self.reached.get(channel, offset), offset)

    @property
    def shortly(self):
        return replace(self, returns=len(self.returns))


class Swarm:
    """`count` readers in `processes` processes; the other options are those of `Member`."""

    def __init__(self, server, channels, count, processes, **options):
        self.count = count
        self.members = [
            self._start(json.dumps(
                {"server": server, "channels": channels, "count": count // processes, "seed": index, **options}))
            for index in range(processes)]

    @staticmethod
    def _start(options):
        return subprocess.Popen(
            [sys.executable, "-m", "swarm.member", options], cwd=INTEGRATION, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for member in self.members:
            member.stdin.close()
            member.kill()
            member.wait()
            member.stdout.close()

    def ask(self, question="report"):
        for member in self.members:
            print(question, file=member.stdin, flush=True)
        report = Report()
        for member in self.members:
            report.add(json.loads(member.stdout.readline()))
        return report

    def wait_until_open(self, seconds):
        until(lambda: self.ask().open == self.count, seconds, lambda: f"not all readers are there: {self.ask().shortly}")

    def wait_until_reached(self, tops, seconds):
        """Waits until every reader has these offsets, a channel each."""
        def have():
            reached = self.ask().reached
            return all(reached[channel] >= top for channel, top in tops.items())

        until(have, seconds, lambda: f"readers lag behind {tops}: {self.ask().shortly}")
