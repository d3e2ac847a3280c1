"""`make soak` in small: all it promises but the memory, which takes its time to show."""

from soak.plan import Plan
from soak.run import Soak
from soak.verdict import MEMORY


def test_readers_come_and_go_and_leave_nothing_behind(tmp_path):
    verdict = Soak(tmp_path, Plan(minutes=0.5, readers=600, visit=10, channels=20, outage=12)).run()
    assert [check for check in verdict.checks if not check[1] and check[0] != MEMORY] == []
    assert verdict.outages == 2
