"""Readers of one channel that all come back at once, after a restart: what they have missed is in the broker alone."""

import contextlib
import http.client
from functools import partial

from case import Case, Column
from log import positions, publish
from peer import ALL
from redis_measure import command
from servers.telltale import Telltale

TITLE = "Reconnect storm"
COLUMNS = (Column("broker_reads", "broker reads"), Column("redis_calls", "calls of Redis"),
           Column("seconds", "seconds", "{:.2f}"),
           Column("server_us_per_connect", "CPU µs a reader"), Column("opening_busy", "generator busy", "{:.0%}"))
CHART = COLUMNS[2]
MESSAGES, MISSED = 100, 50


def recoveries(port):
    """How often the gateway has asked its broker for a log, by its own count."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("telltale_broker_recoveries_total"))


def calls(port):
    """How often Redis has been called by its own count: each read is a call of a function, and so are the sweeps of tasks."""
    lines = command(port, "INFO", "commandstats").splitlines()
    counts = {line.split(":")[0].removeprefix("cmdstat_"): int(line.split("calls=")[1].split(",")[0])
              for line in lines if line.startswith("cmdstat_")}
    return counts.get("fcall", 0) + counts.get("fcall_ro", 0)


def rush(bench, running, arguments):
    everyone = ["--opening", bench.sizes.storm, "--backlog", MISSED, "--messages", 0]
    figures = bench.generator(running, [*arguments, *everyone], bench.sizes.storm)
    return figures | {"seconds": figures["connect_s"]}


def resume(bench, telltale, transport):
    """A gateway publishes and ends; the one behind it has seen none of it when the readers come."""
    with bench.redis() as (_, redis):
        url, publishing = f"redis://127.0.0.1:{redis}", telltale.publishing(transport)
        with telltale.serve(bench, broker=url) as running:
            seen = positions(running.port, publishing, MESSAGES)[MESSAGES - MISSED - 1]
        with telltale.serve(bench, broker=url) as running:
            asked, called = recoveries(running.port), calls(redis)
            figures = rush(bench, running, ["--sub-header", f"Last-Event-ID: {seen}", *telltale.arguments(transport)])
            return figures | {"broker_reads": recoveries(running.port) - asked, "redis_calls": calls(redis) - called}


def return_to(bench, peer, transport):
    """The same from a server's own memory."""
    with peer.serve(bench) as running:
        list(publish(running.publish_port or running.port, peer.publishing(transport), MISSED))
        return rush(bench, running, peer.arguments(transport, ALL))


def named(sizes, transport, source):
    return f"{transport}, {sizes.storm:,} readers, from {source}"


def cases(bench, peers):
    for transport in ("SSE", "WebSocket"):
        for peer in peers:
            if isinstance(peer, Telltale):
                yield Case(named(bench.sizes, transport, "Redis"), peer, partial(resume, bench, peer, transport))
            if peer.has_log:
                yield Case(named(bench.sizes, transport, "its memory"), peer, partial(
                    return_to, bench, peer, transport))
