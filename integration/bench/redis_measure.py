"""What is measured on Redis, beside what Redis itself can do in the same round."""

import contextlib
import csv
import json
import socket
import tempfile

from attaching import PER_SOCKET, STORM, attach_many
from measure import BUILD, CONNECTIONS, DEPTH, HTTP_MODES, MESSAGE_BYTES, Bench, Broken

MESSAGES = 400_000
RATE, DELIVERY_SECONDS = 1_000, 10
FUNCTION = "telltale_publish"
CHANNEL = "bench:0"  # what the generator publishes to, too


def command(port, *words):
    """One command to Redis, and the line that it answers with, or the text behind it."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection, connection.makefile("rb") as answers:
        request = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in map(str.encode, words))
        connection.sendall(b"*%d\r\n" % len(words) + request)
        line = answers.readline().decode().rstrip()
        return answers.read(int(line[1:])).decode() if line.startswith("$") else line


def answers_ping(port):
    return command(port, "PING") == "+PONG"


class RedisBench(Bench):
    """A Redis and a gateway on it for each round; both are stopped by pid."""

    @contextlib.contextmanager
    def redis(self, core=None):
        with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
            with self.server("redis-server", "--port", "{port}", "--bind", "127.0.0.1", "--dir", folder,
                             "--save", "", "--appendonly", "no", is_up=answers_ping, core=core) as (pid, port):
                yield pid, port

    def gateway_on(self, redis_port, core=None):
        return self.gateway(
            "--broker", f"redis://127.0.0.1:{redis_port}", core=core,
            TELLTALE_LIMITS_SUBSCRIPTIONS=str(max(PER_SOCKET, STORM)))

    def redis_benchmark(self, port):
        """Messages a second by the function that native producers call."""
        call = ["FCALL", FUNCTION, "1", CHANNEL, "x" * MESSAGE_BYTES]
        if ":" not in (answer := command(port, *call)) or answer.startswith("-"):
            raise Broken(f"{FUNCTION} answers {answer}")
        output = self.generate(
            "redis-benchmark", "-p", str(port), "-c", str(CONNECTIONS), "-P", str(DEPTH), "-n", str(MESSAGES),
            "--csv", *call)
        return float(list(csv.reader(output.splitlines()))[-1][1])

    def publishing(self):
        """Redis alone, then through a gateway, which may use both cores: the generator needs little of its own."""
        with self.redis() as (_, redis), self.gateway_on(redis, core=self.both_cores) as (pid, port):
            figures = {"function": self.redis_benchmark(redis)}
            return figures | {mode: self.http(mode, port, pid, MESSAGES) for mode in HTTP_MODES}

    def delivery(self):
        with self.redis() as (_, redis), self.gateway_on(redis) as (_, port):
            setting = [BUILD / "delivery", "redis", str(redis), str(RATE), str(DELIVERY_SECONDS), str(MESSAGE_BYTES)]
            bare = json.loads(self.generate(*setting))
            return {"bare": bare, "gateway": json.loads(self.generate(*setting, FUNCTION, str(port)))}

    def attaching(self):
        with self.redis() as (_, redis), self.gateway_on(redis) as (pid, port):
            def used():
                lines = command(redis, "INFO", "memory").splitlines()
                return next(int(line.split(":")[1]) for line in lines if line.startswith("used_memory:"))
            return attach_many(port, pid, used)

    def measure_redis(self):
        """One round."""
        return {"publishing": self.publishing(), "delivery": self.delivery(), "attaching": self.attaching()}
