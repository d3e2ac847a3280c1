"""`telltale verify`, as an operator runs it."""

import subprocess

from gateway import BINARY, environment

SECONDS = 120


def verify(*arguments, settings=None):
    """What it printed; it must succeed."""
    process = subprocess.run(
        [BINARY, "verify", *map(str, arguments)], env=environment(settings), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=SECONDS)
    assert process.returncode == 0, process.stdout[-3000:] + process.stderr[-3000:]
    return process.stdout
