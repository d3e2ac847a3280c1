"""A worker process that holds tasks by leases, until it is killed.

    worker.py LEASE_SECONDS BASE_URL… -- TASK…

Each task is started and then kept by a heartbeat every third of the lease, over the first gateway that takes it. Prints a JSON line
before each write, `{"task","sent"}`, and one behind it, `{"task","taken"}`: seconds of the system's monotonic clock.
"""

import itertools
import json
import os
import sys
import time

import httpx

HEARTBEATS = 3  # in one lease


class Worker:
    def __init__(self, lease, urls):
        self.lease = lease
        self.urls = itertools.cycle(urls)
        self.url = next(self.urls)
        self.http = httpx.Client(timeout=lease)

    def write(self, task, change):
        self.tell(task=task, sent=time.monotonic())
        while not self.is_taken(task, change):
            self.url = next(self.urls)
        self.tell(task=task, taken=time.monotonic())

    def is_taken(self, task, change):
        """`False`: this gateway is gone."""
        try:
            self.http.patch(f"{self.url}/v1/tasks/{task}", json=change).raise_for_status()
            return True
        except httpx.TransportError:
            return False

    @staticmethod
    def tell(**fields):
        print(json.dumps(fields), flush=True)

    def run(self, tasks):
        for task in tasks:
            self.write(task, {"state": "started", "lease": self.lease, "worker": f"test:{os.getpid()}"})
        while True:
            time.sleep(self.lease / HEARTBEATS)
            for task in tasks:
                self.write(task, {})


if __name__ == "__main__":
    words = sys.argv[1:]
    split = words.index("--")
    Worker(int(words[0]), words[1:split]).run(words[split + 1:])
