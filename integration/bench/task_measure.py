"""What many tasks at once cost: their progress, and the watch over their leases."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from attaching import cpu_seconds, memory_kb
from measure import BENCH, Broken
from postgres_measure import PostgresBench
from redis_measure import RedisBench, command
from task_load import task

TASKS, RATE, SECONDS = 10_000, 10, 10  # progress a second of each
WATCHED, PATIENCE_SECONDS = 1_000, 60
PATCH_SECONDS = 5
SAMPLE = 100  # tasks whose log is counted
LEASE_SECONDS, CREATORS = 86_400, 16
# An idle process of Postgres reports what it has done within ten seconds.
SETTLE_SECONDS, SWEEP_SECONDS = 12, 20
GATEWAYS = 3


def script(name, *arguments):
    return [sys.executable, BENCH / f"{name}.py", *map(str, arguments)]


def family_cpu_seconds(pid):
    """Of a process and those that it has started, also of those that have ended."""
    spent = cpu_seconds(pid)
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with contextlib.suppress(OSError):  # It has just ended.
            spent += cpu_seconds(int(child))
    # proc(5): cutime and cstime are the fields 16 and 17, of which the third follows the name.
    ended = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[13:15]
    return spent + sum(map(int, ended)) / os.sysconf("SC_CLK_TCK")


class TaskBench(RedisBench, PostgresBench):
    """A gateway on each broker in turn; all processes share both cores."""

    @contextlib.contextmanager
    def broker(self, name):
        """Its URL and its process, of which there is none for the memory broker."""
        if name == "memory":
            yield "memory:", None
        elif name == "Redis":
            with self.redis(core=self.both_cores) as (pid, port):
                yield f"redis://127.0.0.1:{port}", pid
        else:
            with self.postgres_server() as (pid, url):
                yield url, pid

    def gateway_at(self, url):
        return self.gateway("--broker", url, core=self.both_cores)

    def create(self, port, **fields):
        """All tasks, started."""
        body = json.dumps({"state": "started"} | fields)

        def create_some(first):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
            for number in range(first, TASKS, CREATORS):
                connection.request("PATCH", f"/v1/tasks/{task(number)}", body)
                answer = connection.getresponse()
                text = answer.read()
                if answer.status != 200:
                    raise Broken(f"no task: {text[:300]}")
            connection.close()

        with ThreadPoolExecutor(CREATORS) as pool:
            list(pool.map(create_some, range(CREATORS)))

    def reporting(self, name):
        """Ten thousand tasks say how far they are, some are watched, and then they are patched one by one."""
        with self.broker(name) as (url, broker), self.gateway_at(url) as (gateway, port):
            processes = {"gateway": gateway} | ({"broker": broker} if broker else {})
            empty_kb = memory_kb(gateway)
            self.create(port)
            readers = subprocess.Popen(
                script("task_readers", port, TASKS, WATCHED, SECONDS + PATIENCE_SECONDS), stdout=subprocess.PIPE, text=True)
            try:
                readers.stdout.readline()
                load = self.load(processes, "progress", port, TASKS, RATE, SECONDS)
                seen = json.loads(readers.communicate()[0] or "{}")
            finally:
                readers.kill()
                readers.wait()
            if seen.get("ended") != WATCHED:
                raise Broken(f"{name}: of {WATCHED} watched tasks {seen.get('ended', 0)} were seen to their newest progress")
            return load | seen | self.logs(port, load["turns"]) | {
                "gateway_kb_per_task": (memory_kb(gateway) - empty_kb) / TASKS,
                "patching": self.load(processes, "patch", port, TASKS, PATCH_SECONDS)}

    def load(self, processes, mode, *arguments):
        """What the generator says, and what the processes spent meanwhile."""
        before = {name: family_cpu_seconds(pid) for name, pid in processes.items()}
        run = subprocess.run(script("task_load", mode, *arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if run.returncode != 0:
            raise Broken(f"task_load: {run.stderr.strip()}")
        spent = {f"{name}_cpu_s": family_cpu_seconds(pid) - before[name] for name, pid in processes.items()}
        return json.loads(run.stdout) | spent

    def logs(self, port, turns):
        """How much is kept of what was published, and that the snapshot has the newest."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)

        def get(path):
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())

        kept, published = 0, 0
        for number in range(0, TASKS, TASKS // SAMPLE):
            page = get(f"/v1/channels/task:{task(number)}?since=earliest&limit=1000")
            kept, published = max(kept, len(page["messages"])), max(published, page["top"])
            snapshot = get(f"/v1/tasks/{task(number)}")
            if snapshot["progress"]["current"] != turns:
                raise Broken(f"the snapshot has not the newest: {snapshot}")
        connection.close()
        return {"kept": kept, "published": published}

    def sweeping(self, name):
        """Queries a second that gateways ask of a broker when nothing happens: without tasks, and with leases none of which runs out."""
        with self.broker(name) as (url, broker), contextlib.ExitStack() as stack:
            gateways = [stack.enter_context(self.gateway_at(url))]
            queries = self.queries_of(name, url)
            figures = {"idle": self.at_rest_on(queries, gateways, broker)}
            self.create(gateways[0][1], lease=LEASE_SECONDS)
            figures[1] = self.at_rest_on(queries, gateways, broker)
            gateways += [stack.enter_context(self.gateway_at(url)) for _ in range(GATEWAYS - 1)]
            figures[GATEWAYS] = self.at_rest_on(queries, gateways, broker)
            return figures

    def at_rest_on(self, queries, gateways, broker):
        def spent():
            return sum(family_cpu_seconds(pid) for pid, _ in gateways), family_cpu_seconds(broker)

        time.sleep(SETTLE_SECONDS)
        before, cpu = queries(), spent()
        time.sleep(SWEEP_SECONDS)
        asked, later = queries() - before, spent()
        return {"queries_per_s": asked / SWEEP_SECONDS} | {
            f"{process}_cpu": (after - former) / SWEEP_SECONDS for process, former, after in zip(("gateways", "broker"), cpu, later)}

    def queries_of(self, name, url):
        """What counts those that were asked of the broker so far, without what it counts of this."""
        if name == "Redis":
            return lambda: redis_calls(int(url.rpartition(":")[2]))
        # A count is one transaction itself.
        counts = iter(range(sys.maxsize))
        statement = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database();"
        return lambda: int(self.psql(url, statement)) - next(counts)

    def measure_reporting(self):
        """One round."""
        return {name: self.reporting(name) for name in ("memory", "Redis", "Postgres")}

    def measure_sweeping(self):
        return {name: self.sweeping(name) for name in ("Redis", "Postgres")}


def redis_calls(port):
    """Commands that clients have sent, and those that functions have called in them, but for INFO."""
    lines = [line for line in command(port, "INFO", "commandstats").splitlines() if line.startswith("cmdstat_")]
    return sum(int(line.partition("calls=")[2].split(",")[0]) for line in lines if not line.startswith("cmdstat_info:"))
