"""Many readers that move between two gateways all the time, in processes of their own."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from client import http
from gateway import until
from process import metric

PROCESSES = 2
SCRIPT = Path(__file__).with_name("moving_readers.py")


@contextmanager
def moving_readers(gateways, channels, count, mode):
    """Yields what waits for the readers' reports, when half of them have come; they end when their channels are closed."""
    share = count // PROCESSES
    processes = [
        subprocess.Popen(
            [sys.executable, SCRIPT, *(gateway.base_url for gateway in gateways), str(share * index), str(share), mode, *channels],
            stdout=subprocess.PIPE, text=True)
        for index in range(PROCESSES)]
    try:
        until(lambda: sum(metric(http, gateway, "subscriptions") for gateway in gateways) >= count / 2, 30, "the readers do not come")
        yield lambda: checked([json.loads(line) for process in processes for line in process.communicate(timeout=90)[0].splitlines()], count)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def checked(reports, count):
    assert [report for report in reports if report["wrong"]] == []
    assert len({report["number"] for report in reports}) == count
    assert sum(report["connections"] for report in reports) > count * 2, "too few moved for this to mean anything"
    return reports
