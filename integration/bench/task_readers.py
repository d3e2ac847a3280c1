"""Readers of some of the tasks of `task_load.py`: how old each progress is when they have it, and whether they end with the newest.

    task_readers.py PORT TASKS WATCHED SECONDS

Follows `WATCHED` of the tasks, evenly spread, over WebSockets of `PER_SOCKET`. Prints a line when all are subscribed, and one of JSON
when the last progress of each has come, or after so many seconds.
"""

import json
import re
import selectors
import sys
import time

from attaching import Subscriber
from task_load import task

PER_SOCKET = 100  # as limits.subscriptions has it
READ_BYTES = 1 << 18
PROGRESS = re.compile(rb'"data":\{"current":(\d+),"total":(\d+),"note":"(\d+)"\}')


class Readers:
    def __init__(self, port, channels):
        self.selector = selectors.DefaultSelector()
        for first in range(0, len(channels), PER_SOCKET):
            subscriber = Subscriber(port)
            subscriber.ask("subscribe", channels[first:first + PER_SOCKET])
            self.selector.register(subscriber.socket, selectors.EVENT_READ, [subscriber, b""])
        self.ages_ns, self.ended = [], 0

    def read(self, count, deadline):
        while self.ended < count and time.monotonic() < deadline:
            for key, _ in self.selector.select(1):
                self.take(key.data)

    def take(self, data):
        subscriber, rest = data
        part = subscriber.socket.recv(READ_BYTES)
        if not part:
            raise ConnectionError("the gateway has closed a reader")
        now, end = time.monotonic_ns(), 0
        for found in PROGRESS.finditer(rest + part):
            current, total, made = map(int, found.groups())
            self.ages_ns.append(now - made)
            self.ended += current == total
            end = found.end()
        data[1] = (rest + part)[end:]


def main(port, tasks, watched, seconds):
    readers = Readers(port, [f"task:{task(number)}" for number in range(0, tasks, tasks // watched)][:watched])
    print("subscribed", flush=True)
    cpu, began = time.process_time(), time.monotonic()
    readers.read(watched, began + seconds)
    ages = sorted(readers.ages_ns) or [0]
    print(json.dumps({
        "ended": readers.ended, "read": len(readers.ages_ns), "readers_busy": (time.process_time() - cpu) / (time.monotonic() - began),
        "p50_ms": ages[len(ages) // 2] / 1e6, "p99_ms": ages[len(ages) * 99 // 100] / 1e6}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
