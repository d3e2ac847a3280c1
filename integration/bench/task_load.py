"""Workers of many tasks in one process, each of whose tasks says ten times a second how far it is.

    task_load.py progress PORT TASKS RATE SECONDS
    task_load.py patch PORT TASKS SECONDS

`progress`: by NDJSON, over `CONNECTIONS` connections, each with the progress of all its tasks in one request; a request that is late
is not made up for. Each progress says when it was made (`note`: nanoseconds of the monotonic clock), and the last of each task is
`current` = `total`. `patch`: one PATCH after the other over each of `PATCHERS` connections. Prints one line of JSON.
"""

import http.client
import json
import selectors
import socket
import sys
import threading
import time

CONNECTIONS, PATCHERS = 8, 50
READ_BYTES = 1 << 16
TIMEOUT_SECONDS = 60


def task(number):
    return f"bench-{number}"


class Reporter(threading.Thread):
    """One connection, and the tasks whose progress it brings."""

    def __init__(self, port, numbers, rate, seconds):
        super().__init__()
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self.heads = [
            f'{{"channel":"task:{task(number)}","event":"progress","retain":"progress","conflate":true,"fence":1,"data":{{"current":'
            for number in numbers]
        self.rate, self.turns = rate, rate * seconds
        self.taken, self.late = 0, 0
        self.failure = None

    def run(self):
        try:
            began = time.monotonic()
            while (turn := int((time.monotonic() - began) * self.rate)) < self.turns:
                self.report(turn)
                self.late += int((time.monotonic() - began) * self.rate) > turn + 1
                time.sleep(max(0, began + (turn + 1) / self.rate - time.monotonic()))
            self.report(self.turns)
        except Exception as error:  # Told by the process, with its status.
            self.failure = error

    def report(self, turn):
        tail = f'{turn},"total":{self.turns},"note":"{time.monotonic_ns()}"}}}}\n'
        self.connection.request("POST", "/v1/publish", tail.join(self.heads) + tail, {"Content-Type": "application/x-ndjson"})
        answer = self.connection.getresponse().read()
        count = answer.count(b'"offset":')
        if count != len(self.heads):
            raise ConnectionError(f"{len(self.heads) - count} of {len(self.heads)} were refused: {answer[-300:]}")
        self.taken += count


def report_progress(port, tasks, rate, seconds):
    reporters = [Reporter(port, range(first, tasks, CONNECTIONS), rate, seconds) for first in range(CONNECTIONS)]
    began, cpu = time.monotonic(), time.process_time()
    for reporter in reporters:
        reporter.start()
    for reporter in reporters:
        reporter.join()
        if reporter.failure:
            raise reporter.failure
    wall = time.monotonic() - began
    return {
        "progress": sum(reporter.taken for reporter in reporters), "wall_s": wall, "turns": rate * seconds,
        "generator_busy": (time.process_time() - cpu) / wall}


class Patcher:
    """One connection with one PATCH under way."""

    def __init__(self, port, numbers):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
        self.numbers, self.turn, self.answer = list(numbers), 0, b""

    def ask(self):
        self.turn += 1
        body = f'{{"progress":{{"current":{self.turn}}}}}'
        name = task(self.numbers[self.turn % len(self.numbers)])
        self.socket.sendall(f"PATCH /v1/tasks/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    def take(self):
        """`True`: the answer is here."""
        self.answer += self.socket.recv(READ_BYTES)
        head, end, body = self.answer.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]):
            return False
        if b" 200 " not in head[:16]:
            raise ConnectionError(self.answer[:300].decode())
        self.answer = b""
        return True


def patch(port, tasks, seconds):
    selector, taken = selectors.DefaultSelector(), 0
    for first in range(PATCHERS):
        patcher = Patcher(port, range(first, tasks, PATCHERS))
        selector.register(patcher.socket, selectors.EVENT_READ, patcher)
        patcher.ask()
    began, cpu = time.monotonic(), time.process_time()
    while time.monotonic() < began + seconds:
        for key, _ in selector.select(1):
            if key.data.take():
                taken += 1
                key.data.ask()
    wall = time.monotonic() - began
    return {"patches": taken, "wall_s": wall, "generator_busy": (time.process_time() - cpu) / wall}


if __name__ == "__main__":
    try:
        found = {"progress": report_progress, "patch": patch}[sys.argv[1]](*map(int, sys.argv[2:]))
    except OSError as error:
        sys.exit(str(error))
    print(json.dumps(found))
