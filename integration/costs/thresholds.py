"""What the rows have cost (costs.json), by which functions (functions.json), and what is too much more than that."""

import functools
import json
import platform
import subprocess
from collections import Counter
from pathlib import Path

from costs.cost import Cost

FILE, FUNCTIONS = Path(__file__).with_name("costs.json"), Path(__file__).with_name("functions.json")
# How many system calls there are depends a little on who sleeps when, and so on the machine's other processes.
FACTORS = {"instructions": 1.05, "allocations": 1.05, "system_calls": 1.25}
# Besides, so that nothing stays nothing: an allocation or a system call for each twentieth, and as many instructions as the cost of
# the publications varies, divided by the readers.
MORE = {"instructions": 4, "allocations": 0.05, "system_calls": 0.05}
DIGITS = {"instructions": 0, "allocations": 2, "system_calls": 2}
NOTED_SHARE = 0.005  # of a row's instructions: a function with less is not worth a line
NAMED = 4  # functions in a complaint


@functools.cache
def origin():
    """What decides, beside the sources, how many instructions there are."""
    def first_line(*command):
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0]

    return {"swift": first_line("swift", "--version"), "architecture": platform.machine(),
            "libc": " ".join(platform.libc_ver()), "valgrind": first_line("valgrind", "--version")}


class Thresholds:
    def __init__(self):
        noted = json.loads(FILE.read_text()) if FILE.exists() else {"from": origin(), "rows": {}}
        functions = json.loads(FUNCTIONS.read_text()) if FUNCTIONS.exists() else {}
        self.origin = noted["from"]
        self.costs = {
            row: Cost(**figures, functions=Counter(functions.get(row, {}))) for row, figures in noted["rows"].items()}

    def what_differs(self):
        """Why instructions can't be compared, if they can't."""
        return ", ".join(f"{now} and not {self.origin[what]}" for what, now in origin().items() if now != self.origin[what])

    def complaints(self, row, cost):
        """A line for each figure that is too high, and one that says where it comes from."""
        old = self.costs[row]
        held = [figure for figure in FACTORS if figure != "instructions" or not self.what_differs()]
        high = [figure for figure in held
                if getattr(cost, figure) > getattr(old, figure) * FACTORS[figure] + MORE[figure]]
        for figure in high:
            was, now = getattr(old, figure), getattr(cost, figure)
            yield f"{row}: {was:,g} {figure.replace('_', ' ')} → {now:,.{DIGITS[figure]}f}"
        if high:
            yield f"most by {_grown(old, cost)}"


def _grown(old, cost):
    """The functions whose own instructions grew most."""
    grown = (cost - old).functions.most_common(NAMED)
    return ", ".join(f"{_readable(name)} {more:+,.0f}" for name, more in grown)


def _readable(name):
    demangled = subprocess.run(["swift", "demangle", "--simplified", "--compact", name], capture_output=True, text=True)
    return demangled.stdout.strip() or name


def write(costs):
    """Makes what was measured just now the thresholds."""
    rows = ",\n".join(f"    {json.dumps(row)}: {json.dumps(_figures(cost))}" for row, cost in costs.items())
    FILE.write_text(f'{{\n  "from": {json.dumps(origin(), indent=4)[:-1]}  }},\n  "rows": {{\n{rows}\n  }}\n}}\n')
    functions = {row: _noted(cost) for row, cost in costs.items()}
    FUNCTIONS.write_text(json.dumps(functions, indent=1) + "\n")


def _figures(cost):
    return {figure: round(getattr(cost, figure), digits or None) + 0 for figure, digits in DIGITS.items()}


def _noted(cost):
    return {name: round(own, 1) for name, own in cost.functions.most_common() if own >= NOTED_SHARE * cost.instructions}
