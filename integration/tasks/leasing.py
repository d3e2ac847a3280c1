"""Worker processes that hold leases, and watchers who are told what becomes of their tasks."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gateway import until
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SCRIPT = Path(__file__).with_name("worker.py")
SECONDS = 20


class WorkerProcess:
    """`worker.py`, and what it has told."""

    def __init__(self, gateways, tasks, lease):
        self.sent, self.taken, self.writes = {}, {}, Counter()
        self.process = subprocess.Popen(
            [sys.executable, SCRIPT, str(lease), *(gateway.base_url for gateway in gateways), "--", *tasks],
            stdout=subprocess.PIPE, text=True)
        self.reading = threading.Thread(target=self._read)
        self.reading.start()

    def _read(self):
        for line in self.process.stdout:
            told = json.loads(line)
            kind = "sent" if "sent" in told else "taken"
            getattr(self, kind)[told["task"]] = told[kind]
            self.writes[told["task"]] += kind == "taken"

    def wait_until_written(self, tasks, times):
        """Until so many more writes to each were taken."""
        wanted = {task: self.writes[task] + times for task in tasks}
        until(lambda: all(self.writes[task] >= count for task, count in wanted.items()), SECONDS, "the worker does not go on")

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        """As a crash. What it had told is then known."""
        self.process.kill()
        self.ended = time.monotonic()
        self.process.wait()
        self.reading.join()

    def close(self):
        self.resume()
        self.kill()
        self.process.stdout.close()

    def last_heard(self, task):
        """Between which moments a gateway heard of the task for the last time."""
        sent, taken = self.sent[task], self.taken[task]
        return (sent, taken) if taken > sent else (taken, self.ended)


@contextmanager
def working(gateways, tasks, lease):
    worker = WorkerProcess(gateways, tasks, lease)
    try:
        worker.wait_until_written(tasks, 1)
        yield worker
    finally:
        worker.close()


class Watcher(threading.Thread):
    """Follows tasks over one WebSocket: when it was told of which state."""

    def __init__(self, socket, tasks):
        super().__init__(daemon=True)
        self.socket = socket
        for number, task in enumerate(tasks):
            self.socket.send(json.dumps({"type": "subscribe", "id": number, "task": task, "since": "earliest"}))
        self.told = {f"task:{task}": [] for task in tasks}
        self.start()

    def run(self):
        try:
            for text in self.socket:
                frame = json.loads(text)
                if frame["type"] == "message" and frame["event"] == "state":
                    self.told[frame["channel"]].append((frame["data"]["state"], time.monotonic()))
        except ConnectionClosed:
            return  # The test has ended, or has killed the gateway.

    def states(self, task):
        return [state for state, _ in self.told[f"task:{task}"]]

    def when(self, task, state):
        return next(moment for told, moment in self.told[f"task:{task}"] if told == state)

    def wait(self, tasks, state, times=1):
        until(lambda: all(self.states(task).count(state) >= times for task in tasks), SECONDS, lambda: f"not {state}: {self.told}")


@contextmanager
def watching(gateways, tasks):
    """A watcher at each gateway."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(connect(f"ws://127.0.0.1:{gateway.port}/v1/ws")) for gateway in gateways]
        watchers = [Watcher(socket, tasks) for socket in sockets]
        yield watchers
    for watcher in watchers:
        watcher.join()
