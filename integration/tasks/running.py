"""`telltale run` as a task's worker, and what is seen of it."""

import httpx
from gateway import until
from watched_task import WatchedTask


class RunTask(WatchedTask):
    """The task of a run. `gateway`: where it is looked at, which need not be where the run talks to."""

    @property
    def state(self):
        """`None` while there is no such task."""
        try:
            answer = httpx.get(self.url, timeout=5)
        except httpx.TransportError:
            return None
        return answer.json()["state"] if answer.status_code == 200 else None

    def wait_for(self, *states, seconds=20):
        until(lambda: self.state in states, seconds, lambda: f"it is {self.state}, not {' or '.join(states)}")
        return self

    @property
    def lines(self):
        return [message["data"] for message in self.messages if message["event"] == "log"]

    def wait_for_line(self, line, seconds=20):
        until(lambda: self.state and line in self.lines, seconds, lambda: f"no {line!r} in {self.lines}")

    def cancel(self):
        assert httpx.post(f"{self.url}/cancel").status_code == 202


def said(process):
    """What run itself has said until its end, a line each."""
    return [line for line in process.stdout.read().splitlines() if line.startswith("telltale: ")]
