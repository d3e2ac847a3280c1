"""The machine that measures: what it is, which of its cores are used, and whether it is quiet."""

import os
import platform
import resource
import time
from pathlib import Path

from measure import FEW, MANY

SPARE_DESCRIPTORS = 500  # what a gateway and the generator open beside the readers
SAMPLE_SECONDS, BUSY_SHARE = 1, 0.1  # others' share of the cores that makes the figures doubtful


def cpu_model():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def choose_cores():
    """The server's core and the generator's, of those that this process may use; one twice if there is no other."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[0], cores[min(1, len(cores) - 1)]


def core_ticks():
    """All cores together so far: ticks of work, ticks of any kind."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle, waiting = ticks[3], ticks[4]
    return sum(ticks) - idle - waiting, sum(ticks)


def share_of_others():
    """How much of the cores others use before anything is started. The load average would still tell of the build."""
    work, all = core_ticks()
    time.sleep(SAMPLE_SECONDS)
    later_work, later_all = core_ticks()
    return (later_work - work) / (later_all - all)


def machine_lines(cores, load, others):
    yield (f"{cpu_model()}, {os.cpu_count()} cores, Linux {platform.release()}, load {load:.2f} at the start, "
           f"cores {others:.0%} in use by others")
    yield f"server on core {cores[0]}, generator on core {cores[1]}"
    if others > BUSY_SHARE:
        yield "WARNING: the machine is busy: the figures are doubtful"
    if cores[0] == cores[1]:
        yield "WARNING: one core for both: server and generator take time from each other"


def describe_machine(cores, load, others):
    print("\n".join(machine_lines(cores, load, others)))


def readers_allowed():
    """As many readers as descriptors allow, up to MANY; the processes started from here inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return MANY if hard == resource.RLIM_INFINITY else max(FEW, min(MANY, hard - SPARE_DESCRIPTORS))
