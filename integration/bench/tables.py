"""What was measured, as tables: a row for each figure, with its target, median and range."""

import statistics

from attaching import CHANNELS, STORM
import postgres_measure as postgres
from measure import CONNECTIONS, DEPTH, FEW, LINES, PUBLISHERS, REST_RATE
from redis_measure import FUNCTION, RATE

MEMORY_KB, SPEED, COST = 2.0, 3_000_000, 1.3  # the targets, with the memory broker
PUBLISHING, HALF, TAIL, STORM_SECONDS = 0.6, 1.5, 2.0, 1.0  # on Redis
BATCHING, RELAYING, LISTENER = 5.0, 0.9, 1.5  # and on Postgres

HTTP_NAMES = {"pipelined": f"POSTs, {DEPTH} pipelined", "ndjson": f"NDJSON, {LINES} lines", "single": "POSTs, one by one"}


def memory_rows(transport, many, rounds):
    """The rows of one transport: name, target, a value for each round, how to write it, what to know beside it."""
    def each(run, key):
        return [round[run][key] for round in rounds]

    def beside(run):
        cpu, batch, busy = (statistics.median(each(run, key)) for key in
                            ("server_us_per_delivery", "deliveries_per_read", "generator_busy"))
        return f"{cpu:.2f} µs CPU each, {batch:.0f} a read, generator {busy:.0%} busy"

    cost = each("gateway", "server_us_per_delivery")
    bare = each("loop", "server_us_per_delivery")
    p50, p99 = (statistics.median(each("gateway", key)) / 1000 for key in ("p50_us", "p99_us"))
    ratio = [ours / theirs for ours, theirs in zip(cost, bare)]
    return [
        (f"KB per idle connection, {many:,}", ("≤", MEMORY_KB), each("many", "kb_per_conn"), "{:.2f}", "PSS"),
        (f"deliveries/s, {FEW:,} readers", ("≥", SPEED), each("few", "deliveries_per_s"), "{:,.0f}", beside("few")),
        (f"deliveries/s, {many:,} readers", None, each("many", "deliveries_per_s"), "{:,.0f}", beside("many")),
        ("cost at rest / bare loop's", ("≤", COST), ratio, "{:.2f}", f"{FEW:,} readers, {REST_RATE} messages/s"),
        ("  gateway, µs CPU a delivery", None, cost, "{:.2f}", f"latency p50 {p50:.1f} ms, p99 {p99:.1f} ms"),
        ("  bare loop, µs CPU a delivery", None, bare, "{:.2f}", ""),
    ]


def verdict(target, value):
    if target is None:
        return ""
    sign, bound = target
    return "met" if (value <= bound if sign == "≤" else value >= bound) else "NOT MET"


def print_row(transport, name, target, values, form, note):
    median = statistics.median(values)
    spread = f"{form.format(min(values))} – {form.format(max(values))}"
    goal = f"{target[0]} {form.format(target[1])}" if target else ""
    print(f"{transport:<10}{name:<32}{goal:>12}{form.format(median):>12}{spread:>25}  "
          f"{verdict(target, median):<9}{note}".rstrip())


def print_head(title):
    print(f"\n{title}")
    print(f"{'':<10}{'':<32}{'target':>12}{'median':>12}{'lowest – highest':>25}")


def print_memory_table(results, many):
    print_head(f"median and range of {len(next(iter(results.values())))} rounds; bursts by {PUBLISHERS} publishers; "
               "every delivery arrived once, in order")
    for transport, rounds in results.items():
        for row in memory_rows(transport, many, rounds):
            print_row(transport, *row)


def publishing_rows(rounds):
    """Through the gateway, as a share of what redis-benchmark reached in the same round."""
    alone = [round["function"] for round in rounds]
    for mode, name in HTTP_NAMES.items():
        rates = [round[mode]["messages_per_s"] for round in rounds]
        cpu, busy = (statistics.median(round[mode][key] for round in rounds)
                     for key in ("server_us_per_message", "generator_busy"))
        yield (f"{name} / FCALL", ("≥", PUBLISHING), [ours / theirs for ours, theirs in zip(rates, alone)], "{:.2f}",
               f"{statistics.median(rates):,.0f} messages/s, {cpu:.1f} µs CPU each, generator {busy:.0%} busy")
    yield ("  redis-benchmark, messages/s", None, alone, "{:,.0f}", f"FCALL {FUNCTION}, -c {CONNECTIONS} -P {DEPTH}")


def delivery_rows(rounds):
    for name, key, target in (("p50", "p50_us", HALF), ("p99", "p99_us", TAIL)):
        ours = [round["gateway"][key] for round in rounds]
        bare = [round["bare"][key] for round in rounds]
        yield (f"to delivery, {name} / bare", ("≤", target), [one / other for one, other in zip(ours, bare)], "{:.2f}",
               f"{RATE:,} messages/s: {statistics.median(ours):.0f} µs, bare subscriber {statistics.median(bare):.0f} µs")


def attaching_rows(rounds):
    def each(key):
        return [round[key] for round in rounds]

    for kind in ("subscribe", "unsubscribe"):
        yield (f"{kind} {STORM:,}, s CPU", ("≤", STORM_SECONDS), each(f"{kind}_cpu_s"), "{:.2f}",
               f"{statistics.median(each(f'{kind}_s')):.2f} s in all")
    yield (f"bytes a channel, {CHANNELS:,}", None, each("gateway_bytes_per_channel"), "{:,.0f}", "gateway, with a reader")
    yield ("  of Redis, a subscription", None, each("redis_bytes_per_channel"), "{:,.0f}", "used_memory")


def print_redis_table(rounds):
    print_head(f"median and range of {len(rounds)} rounds; every message was given a position, and was delivered")
    for part, rows in {"publishing": publishing_rows, "delivery": delivery_rows, "attaching": attaching_rows}.items():
        for row in rows([round[part] for round in rounds]):
            print_row("Redis", *row)


def writing_rows(rounds):
    """Through the gateway, beside writers that publish one message a transaction, in the same round."""
    alone = [round["transactions"] for round in rounds]
    for mode, name in HTTP_NAMES.items():
        rates = [round[mode]["messages_per_s"] for round in rounds]
        cpu, busy = (statistics.median(round[mode][key] for round in rounds)
                     for key in ("server_us_per_message", "generator_busy"))
        yield (f"{name} / transaction", ("≥", BATCHING), [ours / theirs for ours, theirs in zip(rates, alone)], "{:.2f}",
               f"{statistics.median(rates):,.0f} messages/s, {cpu:.1f} µs CPU each, generator {busy:.0%} busy")
    yield ("  transactions/s", None, alone, "{:,.0f}", f"{postgres.FUNCTION}, {postgres.WRITERS} writers")


def relaying_rows(rounds):
    rates = {name: [round[name] for round in rounds] for name in postgres.RELAYING}
    behind = statistics.median(round["behind_s"] for round in rounds)
    targets = {"unannounced": ("≥", RELAYING), "row": None}
    for other, words in {"unannounced": "the same without pg_notify", "row": "one bare INSERT"}.items():
        ratio = [ours / theirs for ours, theirs in zip(rates["relayed"], rates[other])]
        yield (f"relayed / {other}", targets[other], ratio, "{:.2f}",
               f"{statistics.median(rates['relayed']):,.0f} transactions/s, {words}: {statistics.median(rates[other]):,.0f}")
    yield ("  the relay's end, s", None, [behind], "{:.1f}", "after the writers'")


def commit_rows(rounds):
    others = {"listener": "a bare listener to publish()", "bare": "INSERT and pg_notify"}
    for other, words in others.items():
        for name, key in (("p50", "p50_us"), ("p99", "p99_us")):
            ours, theirs = [[round[side][key] for round in rounds] for side in ("gateway", other)]
            target = ("≤", LISTENER) if name == "p50" else None
            ratio = [one / another for one, another in zip(ours, theirs)]
            yield (f"COMMIT to delivery, {name}", target, ratio, "{:.2f}",
                   f"{statistics.median(ours):.0f} µs; {words}: {statistics.median(theirs):.0f} µs")


def print_postgres_table(rounds):
    print_head(f"median and range of {len(rounds)} rounds; every message was given a position, and was delivered")
    for part, rows in {"publishing": writing_rows, "relaying": relaying_rows, "delivery": commit_rows}.items():
        for row in rows([round[part] for round in rounds]):
            print_row("Postgres", *row)
