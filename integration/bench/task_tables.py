"""What many tasks cost, as a table."""

import statistics

from tables import print_head, print_row
from task_load import CONNECTIONS, PATCHERS
from task_measure import GATEWAYS, RATE, SWEEP_SECONDS, TASKS, WATCHED

KEPT = 3  # messages of a task whatever it has said: it was started, and its newest progress; one to spare


def cpu_words(rounds, count):
    """What each process spent on one of so many, and how many cores that was."""
    def of(process):
        spent = [round[f"{process}_cpu_s"] for round in rounds]
        each = statistics.median(cpu * 1e6 / round[count] for cpu, round in zip(spent, rounds))
        cores = statistics.median(cpu / round["wall_s"] for cpu, round in zip(spent, rounds))
        return f"{process} {each:.1f} µs CPU each ({cores:.2f} cores)"

    busy = statistics.median(round["generator_busy"] for round in rounds)
    return ", ".join([*(of(name) for name in ("gateway", "broker") if f"{name}_cpu_s" in rounds[0]), f"generator {busy:.0%} busy"])


def reporting_rows(rounds):
    def each(key):
        return [round[key] for round in rounds]

    readers = statistics.median(each("readers_busy"))
    yield (f"progress/s, {TASKS:,} tasks", None, [round["progress"] / round["wall_s"] for round in rounds], "{:,.0f}",
           f"{TASKS * RATE:,} asked, NDJSON over {CONNECTIONS} connections; {cpu_words(rounds, 'progress')}")
    yield ("  seen after, ms, p50", None, each("p50_ms"), "{:,.0f}",
           f"{WATCHED:,} of the tasks are watched: {statistics.median(each('read')):,.0f} seen, readers {readers:.0%} busy")
    yield ("  seen after, ms, p99", None, each("p99_ms"), "{:,.0f}", "each reader has the newest of each task in the end")
    yield ("messages kept of a task", ("≤", KEPT), each("kept"), "{:.0f}", f"of {max(each('published'))} published")
    yield ("KB of the gateway's, a task", None, each("gateway_kb_per_task"), "{:.1f}", "a tenth of them watched")
    patching = each("patching")
    yield ("PATCH/s, one by one", None, [round["patches"] / round["wall_s"] for round in patching], "{:,.0f}",
           f"{PATCHERS} connections; {cpu_words(patching, 'patches')}")


def sweeping_rows(rounds):
    def asked(key):
        return [round[key]["queries_per_s"] for round in rounds]

    for count in (1, GATEWAYS):
        cpu = {process: statistics.median(round[count][f"{process}_cpu"] for round in rounds) for process in ("gateways", "broker")}
        idle = f"; without any task {statistics.median(asked('idle')):.1f}" if count == 1 else ""
        yield (f"queries/s at rest, {count} gateway{'s' if count > 1 else ''}", None, asked(count), "{:.1f}",
               f"{TASKS:,} leases{idle}; gateways {cpu['gateways']:.1%} of a core, broker {cpu['broker']:.1%}")


def print_task_table(reporting, sweeping):
    print_head(f"median and range of {len(reporting)} rounds (at rest: {len(sweeping)}, each {SWEEP_SECONDS} s); every progress was taken")
    for name in reporting[0]:
        for row in reporting_rows([round[name] for round in reporting]):
            print_row(name, *row)
        if name in sweeping[0]:
            for row in sweeping_rows([round[name] for round in sweeping]):
                print_row(name, *row)
