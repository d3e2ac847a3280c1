"""The hot path costs no more than it did: instructions, allocations and system calls, counted under valgrind."""

import warnings

import pytest
from costs.counted_gateway import counted_gateway
from costs.rows import ROWS
from costs.thresholds import Thresholds


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with counted_gateway(tmp_path_factory.mktemp("costs")) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def thresholds():
    thresholds = Thresholds()
    if differing := thresholds.what_differs():
        warnings.warn(f"instructions are not compared, allocations and system calls are: {differing}")
    return thresholds


@pytest.mark.parametrize("row", ROWS)
def test_nothing_costs_a_twentieth_more(gateway, thresholds, row):
    complaints = "\n".join(thresholds.complaints(row, ROWS[row](gateway)))
    assert not complaints, f"{complaints}\nIf that is right, see \"Costs\" in integration/bench/README.md"
