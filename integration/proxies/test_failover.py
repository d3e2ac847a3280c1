"""A gateway goes, and nobody behind the proxy misses anything. `make test-failover` takes 2,000 readers."""

import os

import pytest
from proxies.failover import fail_over
from proxies.site import FRONTS, site

READERS = int(os.environ.get("FAILOVER_READERS", 300))
PROCESSES = max(1, READERS // 500)
DRAIN_SECONDS = 10 if READERS > 500 else 5
# Debian's Caddy 2.6 tries a request again whose connection was refused, but with the body gone: the publisher has to repeat it, with its
# key. docs/deploying.md says so.
REFUSALS = {"caddy": {"status 502"}}


@pytest.mark.parametrize("front", list(FRONTS))
def test_one_of_two_gateways_is_drained_and_restarted(front, tmp_path, capsys):
    settings = {"drain": f"{DRAIN_SECONDS}s", "limits.connections_per_address": 0}
    with site(tmp_path, front, settings) as found:
        outcome = fail_over(found, READERS, PROCESSES)
    with capsys.disabled():
        print(f"\n{front}, {READERS} readers, drain of {DRAIN_SECONDS} s\n{outcome}")
    assert outcome.report.wrongs == 0
    assert outcome.report.failures == {}
    assert set(outcome.refusals) <= REFUSALS.get(front, set())
    assert outcome.returns > READERS / 4
    assert outcome.most <= 2 * outcome.average
