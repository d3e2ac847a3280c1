"""Autobahn's cases, run by `kosoku`, against an echo server made of the gateway's WebSocket codec."""

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

KOSOKU = Path(sys.executable).with_name("kosoku")

# UNIMPLEMENTED is not among them.
PASSED = {"OK", "NON-STRICT", "INFORMATIONAL"}


@contextmanager
def echo_server(binary):
    """The port where an echo server listens, which must outlive its use."""
    assert binary.exists(), f"there is no {binary}: build the target websocket-echo"
    with subprocess.Popen([binary], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip()
            status = process.poll()
        finally:
            process.kill()
    assert status is None, f"the echo server ended with {status}"


def run(port, cases, reports, seconds, parallelism=1):
    """Runs the cases that match, within so many seconds; what the suite's index says of each, by number, and all that it printed."""
    shutil.rmtree(reports, ignore_errors=True)
    selection = [argument for case in cases for argument in ("--include", case)]
    suite = subprocess.run(
        [KOSOKU, *selection, "--parallelism", str(parallelism), "--outdir", reports, f"127.0.0.1:{port}"],
        timeout=seconds, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    index = reports / "index.json"
    assert index.exists(), f"the suite ended with {suite.returncode} and no report\n{suite.stdout}"
    (found,) = json.loads(index.read_text()).values()
    return found, suite.stdout


def failures(cases, reports):
    """A line for each case that did not pass."""
    return [
        _complaint(number, case, reports) for number, case in sorted(cases.items(), key=_in_order)
        if not {case["behavior"], case["behaviorClose"]} <= PASSED]


def _in_order(entry):
    return [int(part) for part in entry[0].split(".")]


def _complaint(number, case, reports):
    report = json.loads((reports / case["reportfile"]).read_text())
    return (f"{number}: {case['behavior']}: {report['result']}; "
            f"close {case['behaviorClose']}: {report['resultClose']}")
