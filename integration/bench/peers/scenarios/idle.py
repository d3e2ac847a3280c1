"""What a connection costs that has one subscription and says nothing: plain, and with TLS."""

import subprocess
import sys
from functools import cache, partial
from pathlib import Path

from attaching import memory_kb
from case import Case, Column
from harness import OUTPUT, OPENING_SECONDS
from measure import Broken

TITLE = "Idle connections"
COLUMNS = (Column("kb_per_conn", "KB a connection", "{:.2f}"), Column("opened_per_s", "opened/s", better="more"),
           Column("generator_busy", "generator busy", "{:.0%}"))
CHART = COLUMNS[0]
HOLDER = Path(__file__).parent.parent / "holding.py"


@cache
def certificate():
    """The files of a certificate for loopback and of its key, made for this run."""
    files = OUTPUT / "certificate.pem", OUTPUT / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


def named(sizes, transport, tls):
    return f"{transport}, {sizes.idle:,} connections{', TLS' if tls else ''}"


def request(peer, transport):
    """The path that the generator would ask for."""
    arguments = peer.reading(transport)
    return arguments[arguments.index("--path") + 1].replace("{n}", "0")


def hello(peer, transport):
    arguments = peer.reading(transport)
    return arguments[arguments.index("--hello") + 1] if "--hello" in arguments else ""


def hold(bench, peer, transport, tls):
    """Memory of all of its processes with so many open connections, less that with none."""
    with peer.serve(bench, certificate() if tls else None) as running:
        before = sum(map(memory_kb, running.pids))
        holder = subprocess.Popen(
            ["taskset", "-c", bench.generator_core, sys.executable, HOLDER, str(running.port), str(bench.sizes.idle),
             transport, request(peer, transport), hello(peer, transport), *(["tls"] if tls else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with holder:
            seconds, busy = map(float, (holder.stdout.readline() or "0 0").split())
            grown = sum(map(memory_kb, running.pids)) - before
            holder.stdin.close()
            if holder.wait(OPENING_SECONDS) != 0 or not seconds:
                raise Broken(holder.stderr.read()[-600:])
    return {"kb_per_conn": grown / bench.sizes.idle, "opened_per_s": bench.sizes.idle / seconds, "generator_busy": busy}


def cases(bench, peers):
    for tls in (False, True):
        for transport in ("WebSocket", "SSE"):
            name = named(bench.sizes, transport, tls)
            for peer in peers:
                if transport in peer.transports and (peer.has_tls or not tls):
                    yield Case(name, peer, partial(hold, bench, peer, transport, tls))
