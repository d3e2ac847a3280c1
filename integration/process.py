"""What the kernel knows of a process."""

from contextlib import ExitStack
from pathlib import Path


def descriptors(process):
    return len(list(Path(f"/proc/{process.pid}/fd").iterdir()))


def resident(process):
    """Memory that is the process's own, in KiB: its share of what is shared counted by parts (PSS)."""
    return _rollup(process, "Pss:")


def written(process):
    """The part of it that is of no file, in KiB: other processes that run the same program make no difference."""
    return _rollup(process, "Pss_Anon:")


def taken_by_each(process, first, more, open_reader):
    """KiB that one of `more` readers takes behind the `first`, with which what is there once is made."""
    with ExitStack() as readers:
        for _ in range(first):
            readers.enter_context(open_reader())
        before = written(process)
        for _ in range(more):
            readers.enter_context(open_reader())
        return (written(process) - before) / more


def _rollup(process, field):
    lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(field)))


def metric(http, gateway, name):
    lines = http.get(f"{gateway.base_url}/metrics").text.splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"telltale_{name} ")))
