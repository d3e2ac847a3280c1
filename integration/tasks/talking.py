"""A worker that goes on talking, whatever becomes of those who listen."""

import threading
from contextlib import contextmanager

from gateway import until

LAST_STEPS = 20
SECONDS = 30


class Talk(threading.Thread):
    """Starts a task, says `step 1`, `step 2` … with progress, and finishes it when it is told to, some steps later."""

    def __init__(self, task, seconds):
        """`seconds`: between two steps."""
        super().__init__(daemon=True)
        self.task, self.seconds = task, seconds
        self.said = 0
        self._ends = threading.Event()
        task.patch(state="started", title="Many steps", worker="test")
        self.start()

    def run(self):
        while not self._ends.wait(self.seconds):
            self._say()
        for _ in range(LAST_STEPS):
            self._say()
        self.task.patch(state="finished", result={"steps": self.said})

    def _say(self):
        self.task.patch(log=f"step {self.said + 1}", progress={"current": self.said + 1})
        self.said += 1

    def wait_for_more(self, steps):
        wanted = self.said + steps
        until(lambda: self.said >= wanted, SECONDS, "the worker has stopped talking")

    def finish(self):
        """How many steps there were."""
        self._ends.set()
        self.join(SECONDS)
        assert self.task.snapshot["result"] == {"steps": self.said}
        return self.said

    def stop(self):
        self._ends.set()
        self.join(SECONDS)


@contextmanager
def talking(task, seconds):
    talk = Talk(task, seconds)
    try:
        yield talk
    finally:
        talk.stop()
