"""`make costs`: what one publication, delivery or opening costs now, beside what it has cost; `--write` notes it as that.

    cd integration && python -m costs.measure [--only SSE] [--write]
"""

import argparse
import sys
import tempfile
from pathlib import Path

from costs.counted_gateway import counted_gateway
from costs.rows import ROWS
from costs.thresholds import Thresholds, write


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="rows whose names have this")
    parser.add_argument("--write", action="store_true", help="write costs.json and functions.json anew")
    given = parser.parse_args()
    if given.write and given.only:
        parser.error("the files have all rows or none")
    return given


def main():
    given, thresholds, costs = arguments(), Thresholds(), {}
    print(f"{'':42}{'instructions':>24}{'allocations':>18}{'system calls':>18}")
    with tempfile.TemporaryDirectory() as folder, counted_gateway(Path(folder)) as gateway:
        for row, measure in ROWS.items():
            if given.only in row:
                costs[row] = measure(gateway)
                print(line(row, costs[row], thresholds.costs.get(row)), flush=True)
    if given.write:
        write(costs)
    elif differing := thresholds.what_differs():
        print(f"Instructions can't be compared: {differing}")


def line(row, cost, old):
    return (f"{row:42}{cost.instructions:12,.0f}{f'was {old.instructions:,.0f}' if old else '':>14}"
            f"{cost.allocations:z8.2f}{f'was {old.allocations:.2f}' if old else '':>12}"
            f"{cost.system_calls:z8.2f}{f'was {old.system_calls:.2f}' if old else '':>12}")


if __name__ == "__main__":
    sys.exit(main())
