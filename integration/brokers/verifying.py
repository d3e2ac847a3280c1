"""`telltale verify`, as an operator runs it."""

import subprocess

from gateway import BINARY, environment

SECONDS = 120


def verify(*arguments, settings=None):
    """What it printed; it must succeed."""
    process = subprocess.run(
        [BINARY, "verify", *map(str, arguments)], env=environment(settings), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=SECONDS)
    kept = [line for line in process.stdout.splitlines() if not line.lstrip().startswith("✓")]
    assert process.returncode == 0, "\n".join(kept) + process.stderr[-3000:]
    return process.stdout
