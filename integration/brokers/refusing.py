"""What can't work stops the start: one line on standard error says which it is and what to do, and shows no password."""

import re
import subprocess
import time

from gateway import BINARY, environment

# A server that takes the connection and answers nothing is waited for, and not longer.
SECONDS = 10
# What no line may show.
WRONG = "swordfish"
PASSWORD = "opensesame"


def refused(url, *words, settings=None):
    """The gateway does not start with this URL, and says so in a line with all of `words`, in whatever case."""
    begun = time.monotonic()
    process = subprocess.run(
        [BINARY, "serve", "--listen", "127.0.0.1:0", "--broker", url], env=environment(settings), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=SECONDS * 3)
    assert process.returncode in (1, 2), process.stderr
    assert process.stdout == ""
    # What was done before it, the log tells.
    *log, said = process.stderr.lower().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dt\S+ (notice|warning) ", line) for line in log), process.stderr
    for word in words:
        assert str(word).lower() in said, f"{word!r} is not in: {process.stderr}"
    assert WRONG not in process.stderr and PASSWORD not in process.stderr
    assert time.monotonic() - begun < SECONDS
