"""What is measured, and the processes it takes: built here, started here, stopped here by pid."""

import contextlib
import functools
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent
BUILD = BENCH.parent.parent / ".build/bench"

MESSAGE_BYTES = 128
PUBLISHERS = 16
WINDOW = 64  # messages under way
FEW, MANY = 1_000, 10_000  # readers
BURST_DELIVERIES = 5_000_000
CONNECTIONS, DEPTH, LINES = 50, 32, 500  # of publishers; as redis-benchmark's -c and -P; lines of one NDJSON request
REST_RATE, REST_SECONDS = 40, 5  # messages a second: the gateway is at rest between them
START_SECONDS, STOP_SECONDS = 20, 20
READING = {  # the generator's arguments, as readers of either transport ask a gateway
    "WebSocket": ["--ws", "--path", "/v1/ws?channel=f&since=latest"],
    "SSE": ["--path", "/v1/channels/f?since=latest"],
}
HTTP_MODES = {  # the generator's arguments
    "pipelined": ["--publishers", str(CONNECTIONS), "--depth", str(DEPTH)],
    "ndjson": ["--publishers", "8", "--lines", str(LINES)],
    "single": ["--publishers", str(CONNECTIONS)],
}


class Broken(Exception):
    """Something did not work: the figures would mean nothing."""


def build():
    """Compiles the generators and the bare loop."""
    BUILD.mkdir(parents=True, exist_ok=True)
    compiler = [os.environ.get("CC", "gcc"), "-O2", "-o"]
    shared = [BENCH / "fanout" / f"{part}.c" for part in ("histogram", "loop", "net", "options", "usage")]
    programs = {
        "fanout": [*sorted((BENCH / "fanout").glob("*.c")), "-lm"],
        "limit": [BENCH / "limit.c"],
        "publish": [*sorted((BENCH / "publish").glob("*.c")), *shared],
        "delivery": [*sorted((BENCH / "delivery").glob("*.c")), *shared, "-I/usr/include/postgresql", "-lhiredis",
                     "-lpq", "-lpthread"],
    }
    for name, sources in programs.items():
        subprocess.run([*compiler, BUILD / name, *sources], check=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers_http(port, tls=False):
    """Whether the gateway says that it is alive. Its certificate is one of the benchmark's own, which nobody knows."""
    kind = functools.partial(http.client.HTTPSConnection, context=ssl._create_unverified_context())
    connection = (kind if tls else http.client.HTTPConnection)("127.0.0.1", port, timeout=2)
    with contextlib.closing(connection):
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200


def accepts(port):
    socket.create_connection(("127.0.0.1", port), timeout=2).close()
    return True


def await_start(process, is_up, port, log):
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if is_up(port):
                return
        time.sleep(0.02)
    raise Broken(f"{process.args[3]} does not answer on port {port}\n{log.read_text()}")


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Bench:
    """Servers on one core, the generator on another, one pair at a time."""

    def __init__(self, binary, server_core, generator_core, many):
        self.binary, self.many = binary, many
        self.server_core, self.generator_core = str(server_core), str(generator_core)
        self.both_cores = f"{server_core},{generator_core}"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("TELLTALE_")}

    @contextlib.contextmanager
    def server(self, *command, is_up, core=None, **environment):
        """A new process on a free port, for one measurement: nothing is left of what was measured before."""
        port, log = free_port(), BUILD / f"{Path(command[0]).name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["taskset", "-c", core or self.server_core, *(part.format(port=port) for part in command)],
                env=self.environment | {"TELLTALE_DRAIN": "1s"} | environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output)
        try:
            await_start(process, is_up, port, log)
            yield process.pid, port
        finally:
            stop(process)

    def gateway(self, *arguments, core=None, tls=False, **environment):
        return self.server(
            str(self.binary), "serve", "--listen", "127.0.0.1:{port}", *arguments,
            is_up=functools.partial(answers_http, tls=tls), core=core, **environment)

    def bare_loop(self):
        return self.server(str(BUILD / "limit"), "{port}", is_up=accepts)

    def fan_out(self, server, transport, readers, messages, *more):
        """The generator's figures for one run, every delivery checked."""
        with server as (pid, port):
            run = subprocess.run(
                ["taskset", "-c", self.generator_core, BUILD / "fanout", "--port", str(port), "--pids", str(pid),
                 *READING[transport], "--pub-path", "/v1/channels/f", "--conns", str(readers),
                 "--messages", str(messages), "--size", str(MESSAGE_BYTES), *more],
                stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if run.returncode != 0:
            raise Broken(f"{transport}, {readers} readers: {run.stderr.strip()} {run.stdout.strip()}")
        return json.loads(run.stdout)

    def saturated(self, transport, readers):
        burst = ["--publishers", str(PUBLISHERS), "--window", str(WINDOW)]
        return self.fan_out(self.gateway(), transport, readers, BURST_DELIVERIES // readers, *burst)

    def at_rest(self, server, transport):
        return self.fan_out(server, transport, FEW, REST_RATE * REST_SECONDS, "--rate", str(REST_RATE))

    def measure(self, transport, gateway_first):
        """One round. Gateway and bare loop run in turn, so that a slow minute of the machine falls on both."""
        order = ["gateway", "loop"] if gateway_first else ["loop", "gateway"]
        servers = {"gateway": self.gateway, "loop": self.bare_loop}
        rest = {name: self.at_rest(servers[name](), transport) for name in order}
        return rest | {"few": self.saturated(transport, FEW), "many": self.saturated(transport, self.many)}

    def generate(self, *arguments):
        run = subprocess.run(
            ["taskset", "-c", self.generator_core, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if run.returncode != 0:
            raise Broken(f"{os.path.basename(str(arguments[0]))}: {run.stderr.strip()} {run.stdout.strip()}")
        return run.stdout

    def http(self, mode, port, pid, messages, channels=1):
        """What the gateway takes by HTTP; a quarter of the messages where each is a request that waits for its answer."""
        count = messages // 4 if mode == "single" else messages
        return json.loads(self.generate(
            BUILD / "publish", "--port", str(port), "--pids", str(pid), "--size", str(MESSAGE_BYTES),
            "--messages", str(count), "--channels", str(channels), *HTTP_MODES[mode]))
