"""The gateway's WebSocket codec, in an echo server, against the public suite: Autobahn's cases, run by `kosoku`."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from gateway import BINARY, ROOT

ECHO = BINARY.with_name("websocket-echo")
KOSOKU = Path(sys.executable).with_name("kosoku")
REPORTS = ROOT / ".build/kosoku"

# Framing, pings, reserved bits, opcodes, fragmentation, UTF-8, closing, messages of up to 16 MiB, and those cut at odd
# places; every case of each. Sections 12 and 13 are left out: they compress, and the gateway has no extension. There is
# no section 8 or 11.
SECTIONS = [1, 2, 3, 4, 5, 6, 7, 9, 10]
CASES = 301

# UNIMPLEMENTED is not among them.
PASSED = {"OK", "NON-STRICT", "INFORMATIONAL"}

# Ten do where all pass; a case that fails may wait for a second of its own.
SUITE_SECONDS = 400


@pytest.fixture
def echo_port():
    """Where an echo server listens, which must outlive the test."""
    if not ECHO.exists():
        pytest.fail(f"there is no {ECHO}: build the target websocket-echo")
    with subprocess.Popen([ECHO], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        port = process.stdout.readline().strip()
        yield port
        status = process.poll()
        process.kill()
    assert status is None, f"the echo server ended with {status}"


def run_suite(port):
    """Runs the cases; what the suite's index says of each, by number, and all that the suite printed."""
    shutil.rmtree(REPORTS, ignore_errors=True)
    selection = [argument for section in SECTIONS for argument in ("--include", f"{section}.*")]
    suite = subprocess.run(
        [KOSOKU, *selection, "--outdir", REPORTS, f"127.0.0.1:{port}"], timeout=SUITE_SECONDS,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    index = REPORTS / "index.json"
    assert index.exists(), f"the suite ended with {suite.returncode} and no report\n{suite.stdout}"
    (cases,) = json.loads(index.read_text()).values()
    return cases, suite.stdout


def in_order(entry):
    return [int(part) for part in entry[0].split(".")]


def complaint(number, case):
    report = json.loads((REPORTS / case["reportfile"]).read_text())
    return (f"{number}: {case['behavior']}: {report['result']}; "
            f"close {case['behaviorClose']}: {report['resultClose']}")


def test_the_codec_passes_every_case_of_the_public_suite(echo_port):
    cases, printed = run_suite(echo_port)
    failed = [
        complaint(number, case) for number, case in sorted(cases.items(), key=in_order)
        if not {case["behavior"], case["behaviorClose"]} <= PASSED]
    assert not failed, f"{len(failed)} of {len(cases)} cases failed; see {REPORTS}/index.html\n" + "\n".join(failed)
    assert len(cases) == CASES, f"{CASES} cases were to run\n{printed}"
