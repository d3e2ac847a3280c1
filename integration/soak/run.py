"""`make soak`: thousands of readers come and go, the broker dies now and then, and at the end the gateway is as it was."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from client import PooledGateway
from gateway import until
from proxies.producer import Publisher
from servers.redis_server import DURABLE, RedisServer
from soak.filling import fill
from soak.gateway_figures import Watch
from soak.plan import Plan
from soak.verdict import Verdict
from swarm.swarm import Swarm

OUTAGE_SECONDS = 2
# A log that holds all that is published: what a slow reader does not get was lost.
ROOMY = {"namespaces.default.history.messages": 100_000, "namespaces.default.history.bytes": "256MiB"}
LARGE = ["soak:large"]
LARGE_TEXT = "x" * 8_000


class Soak:
    def __init__(self, folder, plan):
        self.plan = plan
        self.redis = RedisServer(folder / "redis", *DURABLE).start()
        self.gateway = PooledGateway(folder / "gateway.log", ROOMY | {"broker.url": self.redis.url})
        self.outages = 0

    def run(self):
        self.gateway.start()
        try:
            return self._run(self.plan)
        finally:
            self.gateway.stop()
            self.redis.close()

    def _run(self, plan):
        small = [f"soak:{number}" for number in range(plan.channels)]
        publishers = [
            Publisher(self.gateway, small, plan.rate), Publisher(self.gateway, LARGE, plan.large_rate, LARGE_TEXT)]
        with Swarm(self.address, small + LARGE, 2 * len(small + LARGE), 1, arrival=1, since="latest") as residents:
            residents.wait_until_open(60)
            for publisher in publishers:
                full = fill(self.gateway, publisher.channels, publisher.text)
                publisher.tops = dict(full)
                publisher.start()
                until(lambda: publisher.tops != full, 30, "nothing is published")
            # What there is without visitors: the residents, and the connections of the broker and of the publishers.
            watch = Watch(self.gateway)
            before = watch.samples[0]
            watch.start()
            report = self._visit(small, watch)
            watch.stop()
            after = self._settle(watch, before)
            tops = [publisher.finish() for publisher in publishers]
            residents.wait_until_reached(tops[0] | tops[1], 60)
            report.add(vars(residents.ask()))
        return Verdict(plan, watch, before, after, report, self.outages)

    @property
    def address(self):
        return "127.0.0.1", self.gateway.port

    def _visit(self, small, watch):
        """All that happens while the visitors are there, and what they have seen."""
        plan = self.plan
        # One channel in ten is that of large messages.
        channels = [LARGE[0] if index % 10 == 9 else channel for index, channel in enumerate(small)]
        with Swarm(
            self.address, channels, plan.readers, plan.processes, arrival=plan.arrival, visit=plan.visit, slow=plan.slow,
            sources=plan.addresses, since="last:5",
        ) as swarm:
            self._last(swarm, watch)
            self._say(swarm.ask(), watch)
            return swarm.ask("leave")

    @staticmethod
    def _settle(watch, before):
        """How the gateway is when the visitors have left, at the latest after a minute."""
        for _ in range(60):
            after = watch.look()
            if after.descriptors <= before.descriptors and after.subscriptions <= before.subscriptions:
                break
            time.sleep(1)
        return after

    def _last(self, swarm, watch):
        """Until the time is over: a line a minute, and now and then the broker dies and comes back."""
        plan, minute, outage = self.plan, 0, self.plan.outage
        while (now := time.monotonic() - watch.begin) < plan.seconds:
            if now >= minute:
                self._say(swarm.ask(), watch)
                minute += min(60, plan.seconds / 5)
            if now >= outage:
                self.redis.kill()
                time.sleep(OUTAGE_SECONDS)
                self.redis.start()
                self.outages += 1
                outage += plan.outage
            time.sleep(0.5)

    @staticmethod
    def _say(report, watch):
        sample = watch.samples[-1]
        print(f"{sample.seconds:4.0f} s  {report.open:6} readers  {report.visits:7} came anew  {report.messages:9} messages  "
              f"{report.wrongs} wrong  {sample.resident:6.1f} MiB  {sample.descriptors:6} descriptors  {sample.threads} threads",
              flush=True)


def main():
    plan = Plan()
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("minutes", "readers", "visit", "rate", "outage"):
        parser.add_argument(f"--{name}", type=type(getattr(plan, name)), default=getattr(plan, name))
    plan = Plan(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as folder:
        verdict = Soak(Path(folder), plan).run()
    print(verdict)
    return 0 if verdict.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
